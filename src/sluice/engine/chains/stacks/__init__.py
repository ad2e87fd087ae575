"""Stacks: its bytes, read and written exactly as consensus has them."""
