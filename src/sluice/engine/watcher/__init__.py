"""Money in: follow every chain."""
