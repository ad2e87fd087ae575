"""The same request twice has one answer."""
