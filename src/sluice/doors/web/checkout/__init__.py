"""The page a payer sees."""
