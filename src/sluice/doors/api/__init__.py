"""Stripe-compatible HTTP."""
