"""The rule language: how a price is made of other prices, in BTCPay's words."""
