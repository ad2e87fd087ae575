"""Where to tell it."""
