"""Prices that merchants want to be told of."""
