"""The hashes of Stacks and Bitcoin. Both need OpenSSL 3.0.7 or newer, which Python brings along."""

import hashlib


def sha256(data: bytes) -> bytes:
    """Return SHA-256."""
    return hashlib.sha256(data).digest()


def checksum(data: bytes) -> bytes:
    """Return the first four bytes of SHA-256 taken twice."""
    return sha256(sha256(data))[:4]


def hash160(data: bytes) -> bytes:
    """Return RIPEMD-160 of SHA-256: twenty bytes that stand for a key or a script."""
    return hashlib.new("ripemd160", sha256(data)).digest()


def sha512_256(data: bytes) -> bytes:
    """Return SHA-512/256 with its own initial values (FIPS 180-4), not SHA-512 cut short."""
    return hashlib.new("sha512_256", data).digest()
