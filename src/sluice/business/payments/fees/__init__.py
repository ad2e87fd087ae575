"""What we charge, and why."""
