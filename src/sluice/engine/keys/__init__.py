"""Whose keys sign, and whose addresses receive; no private key ever leaves this folder."""
