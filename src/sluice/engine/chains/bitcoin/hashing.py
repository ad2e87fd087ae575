"""The hashes of Bitcoin. RIPEMD-160 needs OpenSSL 3.0.7 or newer, which Python brings along."""

import hashlib
from functools import lru_cache


def sha256(data: bytes) -> bytes:
    """Return SHA-256."""
    return hashlib.sha256(data).digest()


def sha256d(data: bytes) -> bytes:
    """Return SHA-256 taken twice: what names transactions and blocks."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def hash160(data: bytes) -> bytes:
    """Return RIPEMD-160 of SHA-256: twenty bytes that stand for a key or a script."""
    return hashlib.new("ripemd160", hashlib.sha256(data).digest()).digest()


def tagged_hash(tag: str, data: bytes) -> bytes:
    """Return BIP-340's hash, which means something else under each tag."""
    return hashlib.sha256(_prefix(tag) + data).digest()


@lru_cache(maxsize=16)
def _prefix(tag: str) -> bytes:
    return hashlib.sha256(tag.encode()).digest() * 2
