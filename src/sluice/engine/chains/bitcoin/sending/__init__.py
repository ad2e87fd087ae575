"""How money leaves a Bitcoin wallet of one key: which coins, which bytes, told to whom."""
