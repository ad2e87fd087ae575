"""One folder per network, and what every network must offer."""
