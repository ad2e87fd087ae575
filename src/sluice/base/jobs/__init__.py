"""Later, again, on time."""
