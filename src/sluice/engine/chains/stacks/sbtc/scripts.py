"""The two scripts of a deposit: the signers' way to the bitcoin, and the payer's way back.

    deposit   <fee_max, 8 bytes ‖ recipient> OP_DROP <signers' key> OP_CHECKSIG
    reclaim   <lock blocks> OP_CHECKSEQUENCEVERIFY OP_DROP <user's key> OP_CHECKSIG

The signers refuse what does not read back to the same bytes (stacks-sbtc/sbtc, `deposits.rs`); so
does this. They take any script behind the lock of a reclaim; we only take ours, whose way back we
know.
"""

from dataclasses import dataclass
from typing import Final

from coincurve import PublicKeyXOnly

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.principals import Address, Contract, Principal

KEY_BYTES: Final = 32
# A lock time is counted in blocks and has sixteen bits (BIP-68).
LOCK_BLOCKS_MAX: Final = 0xFFFF
FEE_LIMIT: Final = 1 << 64

_OP_PUSHDATA1: Final = 0x4C
_OP_1: Final = 0x51
_OP_16: Final = 0x60
_DROP: Final = b"\x75"
_CHECKSIG: Final = b"\xac"
_CHECKSEQUENCE: Final = b"\xb2"
_PUSH_MAX: Final = 75
_FEE_BYTES: Final = 8
_TAIL_BYTES: Final = 1 + 1 + KEY_BYTES + 1  # OP_DROP, a push of the key, OP_CHECKSIG
_SMALL_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class DepositScript:
    """At most what fee the signers may take, whom they mint for, and their x-only key."""

    fee_max_sats: int
    recipient: Principal
    signers_key: bytes


@dataclass(frozen=True, slots=True)
class ReclaimScript:
    """After how many blocks on top of the deposit its payer may take it back, with which key."""

    lock_blocks: int
    user_key: bytes


def write_deposit_script(script: DepositScript) -> bytes:
    """Return the script's bytes. Raises Invalid."""
    if not 0 <= script.fee_max_sats < FEE_LIMIT:
        raise _refused("A fee is a whole number of 64 bits.")
    data = script.fee_max_sats.to_bytes(_FEE_BYTES, "big") + encode_value(script.recipient)
    return _push(data) + _tail(script.signers_key)


def read_deposit_script(raw: bytes) -> DepositScript:
    """Read a deposit script, strictly. Raises Invalid; Malformed for a recipient that is none."""
    head, tail = raw[:-_TAIL_BYTES], raw[-_TAIL_BYTES:]
    data = _pushed(head)
    if data is None or len(data) <= _FEE_BYTES:
        raise _refused("A deposit script starts with one short push of a fee and a recipient.")
    key = _key_of(tail)
    recipient = decode_value(data[_FEE_BYTES:])
    if not isinstance(recipient, Address | Contract):
        raise _refused("Its recipient is no principal.")
    return DepositScript(int.from_bytes(data[:_FEE_BYTES], "big"), recipient, key)


def write_reclaim_script(script: ReclaimScript) -> bytes:
    """Return the script's bytes. Raises Invalid for a lock of no block or more than 65535."""
    if not 1 <= script.lock_blocks <= LOCK_BLOCKS_MAX:
        raise _refused(f"A reclaim is locked for 1 to {LOCK_BLOCKS_MAX} blocks.")
    return _number(script.lock_blocks) + _CHECKSEQUENCE + _tail(script.user_key)


def read_reclaim_script(raw: bytes) -> ReclaimScript:
    """Read a reclaim script of ours, strictly. Raises Invalid."""
    head, tail = raw[:-_TAIL_BYTES], raw[-_TAIL_BYTES:]
    if head[-1:] != _CHECKSEQUENCE:
        raise _refused("A reclaim script is a lock time, its check, and one key's signature.")
    number = head[:-1]
    is_small = len(number) == 1 and _OP_1 <= number[0] <= _OP_16
    blocks = number[0] - _OP_1 + 1 if is_small else int.from_bytes(number[1:], "little")
    script = ReclaimScript(blocks, _key_of(tail))
    # Whatever is longer than need be, negative or counts seconds is written otherwise.
    if write_reclaim_script(script) != raw:
        raise _refused("Its lock time is not written in the shortest form.")
    return script


def check_key(key: bytes) -> bytes:
    """Return an x-only key of a point that exists. Raises Invalid."""
    # libsecp256k1 takes 32 bytes, however many there are.
    if len(key) != KEY_BYTES:
        raise _refused(f"A key here has {KEY_BYTES} bytes, not {len(key)}.")
    try:
        PublicKeyXOnly(key)
    except ValueError:
        raise _refused("No point has this key's x.") from None
    return key


def _tail(key: bytes) -> bytes:
    return _DROP + bytes([KEY_BYTES]) + check_key(key) + _CHECKSIG


def _key_of(tail: bytes) -> bytes:
    key = tail[2:-1]
    if tail[:2] != _DROP + bytes([KEY_BYTES]) or tail[-1:] != _CHECKSIG:
        raise _refused("It does not end in one key's signature.")
    return check_key(key)


def _push(data: bytes) -> bytes:
    head = [len(data)] if len(data) <= _PUSH_MAX else [_OP_PUSHDATA1, len(data)]
    return bytes(head) + data


def _pushed(raw: bytes) -> bytes | None:
    """Return what the one push in `raw` pushes, None unless it is one in the shortest form."""
    data = raw[2:] if raw[:1] == bytes([_OP_PUSHDATA1]) else raw[1:]
    return data if len(data) <= 0xFF and _push(data) == raw else None  # noqa: PLR2004 - a byte


def _number(number: int) -> bytes:
    """Return the shortest push of a positive number: little-endian, its top bit the sign."""
    if number <= _SMALL_MAX:
        return bytes([_OP_1 + number - 1])
    size = number.bit_length() // 8 + 1
    return bytes([size]) + number.to_bytes(size, "little")


def _refused(why: str) -> Invalid:
    return Invalid(f"This is no script of an sBTC deposit. {why}", code="deposit_script_invalid")
