"""What prices were, minute by minute, and what they were made of."""
