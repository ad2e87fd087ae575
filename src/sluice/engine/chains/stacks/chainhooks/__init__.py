"""Chainhook's registration: which hooks we want, and the two services that may keep them."""
