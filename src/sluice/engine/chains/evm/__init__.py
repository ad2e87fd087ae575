"""Networks that run the Ethereum virtual machine: ERC-20 tokens sent straight to a wallet."""
