"""Amounts: whole units of one asset, and ways to divide and round them that lose nothing."""
