"""May this happen, and what happened."""
