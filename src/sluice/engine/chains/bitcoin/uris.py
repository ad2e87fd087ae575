"""Payment URIs (BIP-321, which replaces BIP-21): written for wallets, read with every rule."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.amounts import parse_btc, show_btc

_SCHEME: Final = "bitcoin:"
_REQUIRED: Final = "req-"
_ONCE: Final = frozenset({"amount", "label", "message", "pop"})
# Other ways to be paid; each may be given more than once.
_SEGWIT: Final = ("bc", "tb", "bcrt")
_ELSEWHERE: Final = ("lightning", "lno", "sp", "pay")
_URI_MAX: Final = 8_192
_QUERY: Final = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*")
_BODY: Final = re.compile(r"[A-Za-z0-9]*")
# A wallet that opened these would be a browser in the hands of whoever made the URI.
_POP_FORBIDDEN: Final = frozenset({"http", "https", "file", "javascript", "mailto"})


@dataclass(frozen=True, slots=True)
class PaymentUri:
    """What a payment URI says. Addresses are as written: `read_address` judges them.

    `others` are parameters we know nothing of, which may be ignored. A reader that cannot return
    a proof of payment must refuse when `is_pop_required`.
    """

    address: str | None = None
    amount_sats: int | None = None
    label: str | None = None
    message: str | None = None
    lightning: str | None = None
    alternatives: Sequence[str] = ()  # segwit addresses under `bc=`, `tb=` or `bcrt=`
    elsewhere: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pop: str | None = None
    is_pop_required: bool = False
    others: Sequence[tuple[str, str]] = ()


def write_uri(request: PaymentUri) -> str:
    """Return the URI of an address with an amount, label, message or lightning invoice."""
    pairs = (
        ("amount", None if request.amount_sats is None else show_btc(request.amount_sats)),
        ("label", request.label),
        ("message", request.message),
        ("lightning", request.lightning),
    )
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in pairs if value is not None)
    return f"{_SCHEME}{request.address or ''}{'?' if query else ''}{query}"


def write_qr(request: PaymentUri) -> str:
    """Return the URI with what may be in capitals in capitals: a smaller picture to scan."""
    uri = write_uri(request)
    address = request.address or ""
    if address.lower().rpartition("1")[0] not in _SEGWIT:
        return uri
    head = _SCHEME + address
    return head.upper() + uri[len(head) :]


def read_uri(text: str) -> PaymentUri:
    """Read a URI. Raises Invalid with code `uri_invalid`, or `amount_invalid`.

    Refused: what is required and unknown, what may stand once and stands twice, an address under
    another network's key, and a URI that names nowhere to pay to.
    """
    if len(text) > _URI_MAX or text[: len(_SCHEME)].lower() != _SCHEME:
        raise _refused("It starts with bitcoin: and is not longer than 8192 characters.")
    body, _, query = text[len(_SCHEME) :].partition("?")
    if not _BODY.fullmatch(body) or not _QUERY.fullmatch(query):
        raise _refused("It holds a character that must be percent-encoded.")
    pairs = [_pair(part) for part in query.split("&") if part]
    _refuse_doubles(pairs)
    known = dict(pairs)
    request = PaymentUri(
        address=body or None,
        amount_sats=parse_btc(known["amount"]) if "amount" in known else None,
        label=known.get("label"),
        message=known.get("message"),
        lightning=known.get("lightning"),
        alternatives=tuple(_alternative(key, value) for key, value in pairs if key in _SEGWIT),
        elsewhere={
            key: tuple(value for name, value in pairs if name == key)
            for key in _ELSEWHERE
            if key in known
        },
        pop=_pop(known),
        is_pop_required=_REQUIRED + "pop" in known,
        others=tuple(pair for pair in pairs if pair[0] not in _KNOWN),
    )
    if request.address is None and not request.alternatives and not request.elsewhere:
        raise _refused("It names nowhere to pay to.")
    return request


_KNOWN: Final = _ONCE | {*_SEGWIT, *_ELSEWHERE, _REQUIRED + "pop"}


def _pair(part: str) -> tuple[str, str]:
    key, _, value = part.partition("=")
    key = key.lower()
    if key.startswith(_REQUIRED) and key not in _KNOWN:
        raise _refused("It requires something that is not known here.")
    try:
        return key, unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise _refused("It holds bytes that are not UTF-8.") from None


def _refuse_doubles(pairs: Sequence[tuple[str, str]]) -> None:
    names = [key.removeprefix(_REQUIRED) for key, _ in pairs]
    if any(names.count(name) > 1 for name in _ONCE):
        raise _refused("Amount, label, message and pop stand at most once.")


def _alternative(key: str, value: str) -> str:
    if not value.lower().startswith(key + "1"):
        raise _refused(f"An address under {key}= starts with {key}1.")
    return value


def _pop(known: Mapping[str, str]) -> str | None:
    required = known.get(_REQUIRED + "pop")
    value = known.get("pop") if required is None else required
    if value is None or value.partition(":")[0].lower() not in _POP_FORBIDDEN:
        return value
    if required is not None:
        raise _refused("Its proof of payment would open a browser.")
    return None


def _refused(why: str) -> Invalid:
    return Invalid(f"This is no Bitcoin payment URI. {why}", code="uri_invalid")
