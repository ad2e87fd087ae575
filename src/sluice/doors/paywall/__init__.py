"""A paywall in a merchant's own program: it asks a Sluice elsewhere, and knows no database."""
