"""Our gateway contract on Stacks: its events, its merchants, and the calls that pay through it."""
