"""Money at deposit addresses, brought home by the merchant's hot wallet."""
