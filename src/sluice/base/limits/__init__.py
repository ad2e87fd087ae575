"""How fast somebody may go: token buckets."""
