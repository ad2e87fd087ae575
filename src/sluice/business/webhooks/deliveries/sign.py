"""Sign: bytes, secrets, an instant -> the headers that prove a delivery is ours and is fresh."""

import base64
import datetime as dt
import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sluice.base.errors import Invalid

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the beginning of every secret
SECRET_BYTES: Final = 24  # 32 characters of base64 without padding; Standard Webhooks' least


class Scheme(StrEnum):
    """How a delivery is signed. Every scheme signs the same stored bytes."""

    STRIPE = "stripe"  # Stripe-Signature, over time and body
    STANDARD = "standard"  # Standard Webhooks, over id, time and body
    SGATE = "sgate"  # X-sGate-Signature, over time and body
    STABLECOIN = "stablecoin"  # X-Webhook-Signature, over time and body
    BODY_SHA256 = "body-sha256"  # X-StacksPay-Signature, over the body alone: can be replayed


@dataclass(frozen=True, slots=True)
class Message:
    """One event as it is sent: its bytes, its id, and when this attempt leaves."""

    body: bytes
    id: str
    at: dt.datetime

    @property
    def timestamp(self) -> str:
        """Return the instant in whole seconds, as text."""
        return str(int(self.at.timestamp()))


def sign_message(
    message: Message, *, secrets: Sequence[str], schemes: Collection[Scheme]
) -> dict[str, str]:
    """Return the signature headers of these schemes.

    `secrets` are those valid now, newest first: during a rotation there are two. Schemes that
    allow several signatures carry one for each. The others have room for one and carry the oldest,
    so that a receiver has until the end of the overlap to take the new secret.
    """
    if not secrets:
        raise Invalid("A delivery is signed with at least one secret.", code="secret_missing")
    headers: dict[str, str] = {}
    for scheme in schemes:
        headers |= _SIGNERS[scheme](message, secrets)
    return headers


def make_secret(entropy: bytes) -> str:
    """Write random bytes as a secret that serves every scheme."""
    if len(entropy) != SECRET_BYTES:
        raise Invalid(f"A secret is made of {SECRET_BYTES} random bytes.", code="secret_invalid")
    return SECRET_PREFIX + base64.b64encode(entropy).decode()


def _stripe(message: Message, secrets: Sequence[str]) -> dict[str, str]:
    signatures = [_timed(message, secret) for secret in secrets]
    parts = [f"t={message.timestamp}", *(f"v1={signature}" for signature in signatures)]
    return {"Stripe-Signature": ",".join(parts)}


def _standard(message: Message, secrets: Sequence[str]) -> dict[str, str]:
    text = f"{message.id}.{message.timestamp}.".encode() + message.body
    digests = [hmac.digest(_standard_key(secret), text, "sha256") for secret in secrets]
    return {
        "webhook-id": message.id,
        "webhook-timestamp": message.timestamp,
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(digest).decode()}" for digest in digests
        ),
    }


def _sgate(message: Message, secrets: Sequence[str]) -> dict[str, str]:
    return {"X-sGate-Signature": f"t={message.timestamp},v1={_timed(message, secrets[-1])}"}


def _stablecoin(message: Message, secrets: Sequence[str]) -> dict[str, str]:
    return {
        "X-Webhook-ID": message.id,
        "X-Webhook-Timestamp": message.timestamp,
        "X-Webhook-Signature": _timed(message, secrets[-1]),
    }


def _body_sha256(message: Message, secrets: Sequence[str]) -> dict[str, str]:
    digest = hmac.digest(secrets[-1].encode(), message.body, "sha256")
    return {"X-StacksPay-Signature": f"sha256={digest.hex()}"}


_SIGNERS: Final[Mapping[Scheme, Callable[[Message, Sequence[str]], dict[str, str]]]] = {
    Scheme.STRIPE: _stripe,
    Scheme.STANDARD: _standard,
    Scheme.SGATE: _sgate,
    Scheme.STABLECOIN: _stablecoin,
    Scheme.BODY_SHA256: _body_sha256,
}


def _timed(message: Message, secret: str) -> str:
    """Sign time and body with the whole secret, its prefix included, as Stripe does."""
    text = f"{message.timestamp}.".encode() + message.body
    return hmac.digest(secret.encode(), text, "sha256").hex()


def _standard_key(secret: str) -> bytes:
    """Return the bytes that Standard Webhooks signs with: the base64 behind the prefix."""
    text = secret.removeprefix(SECRET_PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise Invalid(
            "The scheme `standard` needs a secret in base64; roll the secret to get one.",
            code="secret_invalid",
        )
    return key
