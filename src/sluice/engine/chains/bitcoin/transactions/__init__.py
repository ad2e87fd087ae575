"""Transactions: their bytes, what a signature signs, and whether an input is rightly spent."""
