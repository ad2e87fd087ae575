"""One payer, one cart, one page."""
