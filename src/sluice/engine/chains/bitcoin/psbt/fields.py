"""What each known field of a PSBT must look like; one table for each of its three parts."""

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from coincurve import PublicKey, PublicKeyXOnly

from sluice.engine.chains.bitcoin.extended_keys import is_public_key
from sluice.engine.chains.bitcoin.hashing import hash160, sha256, sha256d
from sluice.engine.chains.bitcoin.psbt.model import Fields, Global, In, Out
from sluice.engine.chains.bitcoin.reading import Malformed, Reader
from sluice.engine.chains.bitcoin.transactions.read import (
    decode_output,
    decode_transaction,
    decode_unsigned,
    read_witness,
)

Check = Callable[[bytes, bytes], object]

_SCHNORR: Final = (64, 65)
_PUBLIC: Final = (33, 65)
# BIP-370's fields, which version 0 must not have.
_FOREIGN_GLOBAL: Final = frozenset(range(0x02, 0x07))
_FOREIGN_INPUT: Final = frozenset(range(0x0E, 0x13))
_FOREIGN_OUTPUT: Final = frozenset({0x03, 0x04})


def check_fields(
    fields: Fields, checks: Mapping[int, Check], foreign: frozenset[int], at: int
) -> None:
    """Raise Malformed unless every field that is known is as it must be."""
    for key, value in fields.items():
        if key[0] in foreign:
            raise Malformed(at, "a field of another version")
        check = checks.get(key[0])
        if check is None:
            continue
        try:
            is_right = check(key[1:], value) is not False
        except (Malformed, ValueError):
            is_right = False
        if not is_right:
            raise Malformed(at, f"field {key[0]:#04x} is not as it must be")


def check_global(fields: Fields, at: int) -> None:
    """Check the fields about the whole."""
    check_fields(fields, _GLOBAL, _FOREIGN_GLOBAL, at)


def check_input(fields: Fields, at: int) -> None:
    """Check the fields about an input."""
    check_fields(fields, _INPUT, _FOREIGN_INPUT, at)


def check_output(fields: Fields, at: int) -> None:
    """Check the fields about an output."""
    check_fields(fields, _OUTPUT, _FOREIGN_OUTPUT, at)


def _alone(check: Callable[[bytes], object]) -> Check:
    """Return a check for a field whose key is its type and nothing else."""
    return lambda about, value: not about and check(value) is not False


def _any(_: bytes) -> bool:
    return True


def _public(raw: bytes) -> bool:
    return len(raw) in _PUBLIC and bool(PublicKey(raw))


def _x_only(raw: bytes) -> bool:
    return len(raw) == 32 and bool(PublicKeyXOnly(raw))  # noqa: PLR2004 - bytes of a key


def _path(value: bytes) -> bool:
    return len(value) >= 4 and len(value) % 4 == 0  # noqa: PLR2004 - a fingerprint, then steps


def _about_public(about: bytes, value: bytes) -> bool:
    return _public(about) and _path(value)


def _about_x_only(about: bytes, value: bytes) -> bool:
    reader = Reader(value)
    for _ in range(reader.size()):
        reader.take(32)
    return _x_only(about) and _path(value[reader.at :])


def _extended(about: bytes, value: bytes) -> bool:
    is_key = len(about) == 78 and is_public_key(about[45:])  # noqa: PLR2004 - BIP-32
    return is_key and _path(value) and len(value) == 4 * (about[4] + 1)


def _witness(value: bytes) -> None:
    reader = Reader(value)
    read_witness(reader)
    reader.finish()


def _preimage(digest: Callable[[bytes], bytes]) -> Check:
    return lambda about, value: digest(value) == about


def _ripemd160(data: bytes) -> bytes:
    return hashlib.new("ripemd160", data).digest()


def _version(value: bytes) -> bool:
    return value == bytes(4)


def _leaf(about: bytes, value: bytes) -> bool:
    return len(about) >= 33 and len(about) % 32 == 1 and bool(value)  # noqa: PLR2004 - BIP-341


_GLOBAL: Final[Mapping[int, Check]] = MappingProxyType(
    {
        Global.UNSIGNED: _alone(decode_unsigned),
        Global.XPUB: _extended,
        Global.VERSION: _alone(_version),
    }
)
_INPUT: Final[Mapping[int, Check]] = MappingProxyType(
    {
        In.PREVIOUS: _alone(decode_transaction),
        In.SPENT: _alone(decode_output),
        In.SIGNATURE: lambda about, value: _public(about) and bool(value),
        In.SIGHASH: _alone(lambda value: len(value) == 4),  # noqa: PLR2004 - bytes of a number
        In.REDEEM_SCRIPT: _alone(_any),
        In.WITNESS_SCRIPT: _alone(_any),
        In.DERIVATION: _about_public,
        In.FINAL_SCRIPT_SIG: _alone(_any),
        In.FINAL_WITNESS: _alone(_witness),
        In.PROOF: _alone(_any),
        In.RIPEMD160: _preimage(_ripemd160),
        In.SHA256: _preimage(sha256),
        In.HASH160: _preimage(hash160),
        In.HASH256: _preimage(sha256d),
        In.TAP_SIGNATURE: _alone(lambda value: len(value) in _SCHNORR),
        In.TAP_SCRIPT_SIGNATURE: lambda about, value: (
            len(about) == 64 and _x_only(about[:32]) and len(value) in _SCHNORR  # noqa: PLR2004 - a key and a leaf
        ),
        In.TAP_LEAF: _leaf,
        In.TAP_DERIVATION: _about_x_only,
        In.TAP_KEY: _alone(_x_only),
        In.TAP_ROOT: _alone(lambda value: len(value) == 32),  # noqa: PLR2004 - bytes of a hash
    }
)
_OUTPUT: Final[Mapping[int, Check]] = MappingProxyType(
    {
        Out.REDEEM_SCRIPT: _alone(_any),
        Out.WITNESS_SCRIPT: _alone(_any),
        Out.DERIVATION: _about_public,
        Out.TAP_KEY: _alone(_x_only),
        Out.TAP_TREE: _alone(bool),
        Out.TAP_DERIVATION: _about_x_only,
    }
)
