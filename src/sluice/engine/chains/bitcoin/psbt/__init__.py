"""PSBT (BIP-174): transactions that we build and somebody else signs."""
