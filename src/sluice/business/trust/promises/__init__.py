"""What must always be true, as queries that find what breaks it."""
