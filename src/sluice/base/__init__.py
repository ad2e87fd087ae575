"""What everything stands on: values, one transaction at a time, and the way out to the network."""
