"""Conversions: bitcoin that a payer sends and a merchant receives as sBTC."""
