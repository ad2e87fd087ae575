"""Accounts that merchants receive with, and which payment has which of their addresses."""
