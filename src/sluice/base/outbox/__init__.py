"""Facts leave with the commit that made them true."""
