"""What one asset costs in another."""
