"""One promise to pay."""
