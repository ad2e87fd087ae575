"""SandboxAddresses: `sb1`, then 20 bytes and 4 bytes of checksum in base58 of one fixed width."""

import hashlib
import hmac
import re
from typing import Final
from urllib.parse import quote, urlencode

from sluice.base.errors import Invalid
from sluice.base.ids import ALPHABET, encode
from sluice.base.money.money import Money

_PREFIX: Final = "sb1"
_PAYLOAD_BYTES: Final = 20
_CHECK_BYTES: Final = 4
# 58**33 is the first power of 58 above 2**192, so 33 characters hold every 24 bytes.
_WIDTH: Final = 33
_SHAPE: Final = re.compile(rf"{_PREFIX}([{ALPHABET}]{{{_WIDTH}}})", re.ASCII)

_ACCOUNT: Final = re.compile(r"sbpub[0-9A-Za-z]{16,64}", re.ASCII)
_PRIVATE: Final = re.compile(r"\s*sbprv", re.ASCII)


class SandboxAddresses:
    """Makes and reads addresses of the sandbox; `seed` is the unsealed secret they derive from."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    def derive(self, reference: str) -> str:
        """Return the address that always belongs to this reference, and to no other."""
        digest = hmac.digest(self._seed, reference.encode(), hashlib.sha256)
        return address_of(digest[:_PAYLOAD_BYTES])

    def parse(self, text: str) -> str:
        """Return the address unchanged, or raise Invalid with code `address_invalid`."""
        return parse_address(text)

    def show(self, address: str) -> str:
        """Return the stored form as people expect to read it."""
        return address

    def payment_uri(self, address: str, money: Money, memo: str | None) -> str:
        """Return such as `sandbox:sb1…?asset=usdc&amount=12.50&memo=…`."""
        query = {"asset": money.asset.code, "amount": _readable(money)}
        if memo is not None:
            query["memo"] = memo
        return f"sandbox:{address}?{urlencode(query, quote_via=quote)}"


class SandboxKeychain:
    """Accounts as wallets have them: `sbpub` and a name, which stands for a public key."""

    def read(self, text: str) -> str:
        """Return the account unchanged, or raise Invalid."""
        if _PRIVATE.match(text):
            raise Invalid(
                "This is secret: whoever has it can take the money. It was not kept; move the "
                "funds, and give the new wallet's sbpub.",
                code="private_key_refused",
            )
        if not _ACCOUNT.fullmatch(text):
            raise Invalid(
                "This is no sandbox account; it is sbpub and 16 to 64 letters or digits.",
                code="extended_key_invalid",
            )
        return text

    def address(self, account: str, index: int) -> str:
        """Return the address at this index of the account."""
        digest = hashlib.sha256(f"{account}/{index}".encode()).digest()
        return address_of(digest[:_PAYLOAD_BYTES])


def address_of(payload: bytes) -> str:
    """Return the address of these 20 bytes."""
    if len(payload) != _PAYLOAD_BYTES:
        raise Invalid(f"an address holds {_PAYLOAD_BYTES} bytes", code="address_invalid")
    number = int.from_bytes(payload + _checksum(payload), "big")
    return _PREFIX + encode(number, _WIDTH)


def parse_address(text: str, *, param: str | None = None) -> str:
    """Return a well-formed address unchanged, or raise Invalid with code `address_invalid`."""
    match = _SHAPE.fullmatch(text)
    raw = _decode(match[1]) if match else None
    if raw is None or _checksum(raw[:_PAYLOAD_BYTES]) != raw[_PAYLOAD_BYTES:]:
        raise Invalid(
            "This is no sandbox address; it starts with sb1, and upper and lower case differ.",
            code="address_invalid",
            param=param,
        )
    return text


def _decode(digits: str) -> bytes | None:
    number = 0
    for digit in digits:
        number = number * 58 + ALPHABET.index(digit)
    size = _PAYLOAD_BYTES + _CHECK_BYTES
    return number.to_bytes(size, "big") if number < 1 << (8 * size) else None


def _checksum(payload: bytes) -> bytes:
    """Hash under the prefix, so that an address of another network never passes."""
    return hashlib.sha256(_PREFIX.encode() + payload).digest()[:_CHECK_BYTES]


def _readable(money: Money) -> str:
    """Write the amount with at least two decimals and no more zeros than that."""
    whole, point, part = money.plain().partition(".")
    return whole + point + part.rstrip("0").ljust(2, "0") if point else whole
