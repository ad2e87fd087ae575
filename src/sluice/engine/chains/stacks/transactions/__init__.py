"""Transactions: who authorises, what may move, what is done."""
