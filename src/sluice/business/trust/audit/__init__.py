"""An append-only diary; every line holds the hash of the line before."""
