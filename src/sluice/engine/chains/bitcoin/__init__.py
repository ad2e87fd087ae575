"""Bitcoin, watch-only: public keys, addresses, URIs, proofs, blocks and unsigned transactions."""
