"""The programs that act for a merchant."""
