"""Payment requests that wallets scan (EIP-681): written one way, read with every rule."""

import re
from dataclasses import dataclass
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.evm.checksum import checksummed

_SCHEME: Final = re.compile(
    r"ethereum:(?:pay-)?(?P<target>0x[0-9a-fA-F]{40})"
    r"(?:@(?P<chain>[1-9][0-9]{0,18}))?(?:/(?P<function>[A-Za-z0-9_]{1,64}))?"
    r"(?:\?(?P<query>[A-Za-z0-9=&.+\-]*))?"
)
_NUMBER: Final = re.compile(
    r"\+?(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]+))?(?:[eE](?P<zeros>[0-9]*))?"
)
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_URI_MAX: Final = 1_000
_DIGITS_MAX: Final = 78
_UNITS_MAX: Final = 2**256 - 1
# What a wallet may be told about the fee; it is the payer's, so nothing is done with it.
_FEES: Final = frozenset({"gas", "gasLimit", "gasPrice"})


@dataclass(frozen=True, slots=True)
class PaymentUri:
    """What a request asks for: units of a token, or of the network's own asset without one.

    Addresses are in lower case; checksums were not judged, because the standard's own example has
    a wrong one. `chain_id` is None where the request leaves the network to the wallet; `units`
    where it leaves the amount to the payer.
    """

    recipient: str
    token: str | None = None
    chain_id: int | None = None
    units: int | None = None


def write_uri(request: PaymentUri) -> str:
    """Return the request as wallets read it best: with the network, and the amount in digits."""
    network = "" if request.chain_id is None else f"@{request.chain_id}"
    to = checksummed(request.recipient)
    if request.token is None:
        amount = "" if request.units is None else f"?value={request.units}"
        return f"ethereum:{to}{network}{amount}"
    amount = "" if request.units is None else f"&uint256={request.units}"
    return f"ethereum:{checksummed(request.token)}{network}/transfer?address={to}{amount}"


def read_uri(text: str) -> PaymentUri:
    """Read a request for money. Raises Invalid for any other call, and for names."""
    found = _SCHEME.fullmatch(text) if len(text) <= _URI_MAX else None
    if found is None:
        raise _refused("It is ethereum:, an address, and what to send there.")
    target = found["target"].lower()
    chain_id = int(found["chain"]) if found["chain"] else None
    given = _parameters(found["query"])
    if found["function"] is None:
        _allow(given, {"value"} | _FEES)
        return PaymentUri(target, None, chain_id, _number(given.get("value")))
    if found["function"] != "transfer":
        raise _refused("It asks for something else than a transfer.")
    _allow(given, {"address", "uint256"} | _FEES)
    recipient = given.get("address", "")
    if not _ADDRESS.fullmatch(recipient):
        raise _refused("It names no recipient.")
    return PaymentUri(recipient.lower(), target, chain_id, _number(given.get("uint256")))


def _parameters(query: str | None) -> dict[str, str]:
    given: dict[str, str] = {}
    for pair in query.split("&") if query is not None else ():
        key, equals, value = pair.partition("=")
        if not key or not equals or key in given:
            raise _refused("A parameter is given twice, or has no value.")
        given[key] = value
    return given


def _allow(given: dict[str, str], names: set[str]) -> None:
    for name in given.keys() - names:
        raise _refused(f"It has a parameter that means nothing here: {name}.")


def _number(text: str | None) -> int | None:
    """Read EIP-681's number, such as 2.014e18, where it comes out whole."""
    if text is None:
        return None
    found = _NUMBER.fullmatch(text)
    digits = (found["whole"] + (found["part"] or "")) if found else ""
    if found is None or not digits or len(digits) > _DIGITS_MAX:
        raise _refused("Its amount is no number.")
    zeros = int((found["zeros"] or "0")[:3]) - len(found["part"] or "")
    if zeros > _DIGITS_MAX or len(found["zeros"] or "") > len(str(_DIGITS_MAX)):
        raise _refused("Its amount is too large.")
    if zeros < 0 and digits[zeros:].strip("0"):
        raise _refused("Its amount is not a whole number of units.")
    units = int(digits) * 10**zeros if zeros >= 0 else int(digits[:zeros] or "0")
    if units > _UNITS_MAX:
        raise _refused("Its amount is too large.")
    return units


def _refused(why: str) -> Invalid:
    return Invalid(f"This is no payment request. {why}", code="payment_uri_invalid")
