"""What merchants do."""
