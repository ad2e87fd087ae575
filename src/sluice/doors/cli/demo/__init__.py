"""The demo: a shop, and the same order paid on every network that can be had here."""
