"""sBTC: bitcoin deposited for it, bitcoin withdrawn from it, and what its registry tells."""
