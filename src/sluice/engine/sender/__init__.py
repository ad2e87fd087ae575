"""Money out: hot wallets, what they are asked to send, and every transaction made for it."""
