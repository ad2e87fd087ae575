"""How money moves and is counted; knows no merchant."""
