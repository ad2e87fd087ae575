"""The signers' key, as the registry's `get-current-aggregate-pubkey` answers it.

It rotates: it is asked for at each checkout.
"""

from typing import Final

from coincurve import PublicKey

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.model import Buffer
from sluice.engine.chains.stacks.clarity.read import decode_value

SIGNERS_KEY_FUNCTION: Final = "get-current-aggregate-pubkey"
_COMPRESSED_BYTES: Final = 33


def read_signers_key(answer: bytes) -> bytes:
    """Return the x-only key, 32 bytes. Raises Invalid, also while no key has been set."""
    value = decode_value(answer)
    if not isinstance(value, Buffer):
        raise _refused("a key is a buffer")
    return x_only(value.value)


def x_only(public: bytes) -> bytes:
    """Return a compressed public key without its sign. Raises Invalid."""
    if len(public) != _COMPRESSED_BYTES:
        raise _refused(f"a key has {_COMPRESSED_BYTES} bytes, not {len(public)}")
    try:
        PublicKey(public)
    except ValueError:
        raise _refused("no point belongs to it") from None
    return public[1:]


def _refused(why: str) -> Invalid:
    return Invalid(f"The sBTC registry answers no key of the signers: {why}.", code="key_invalid")
