"""How fast it is: ratios against the limit, measured in the same run."""
