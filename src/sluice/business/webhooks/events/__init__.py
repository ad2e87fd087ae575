"""What happened, in the words merchants read; kept for 30 days."""
