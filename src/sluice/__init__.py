"""Sluice: a payment gateway for programmable money."""
