"""Pages and calls that open for a payment made with the request itself (x402)."""
