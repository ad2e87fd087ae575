"""Money from payer to merchant."""
