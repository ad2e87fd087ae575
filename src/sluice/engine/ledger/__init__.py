"""Double-entry books: append-only, several assets, every entry sums to zero per asset."""
