"""What the merchant has, and how it came about: the ledger read in Stripe's words."""
