"""Payouts: a merchant's money leaves its hot wallet for the address its operator set."""
