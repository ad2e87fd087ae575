"""Refunds: a payer gets a payment back, wholly or in part."""
