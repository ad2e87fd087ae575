"""Bitcoin: addresses derived, and a full block matched, per second of one core."""

import hashlib
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, Final

from coincurve import PrivateKey

from sluice.engine.chains.bitcoin.blocks.header import root_of
from sluice.engine.chains.bitcoin.blocks.match import match_block
from sluice.engine.chains.bitcoin.derive import receiving
from sluice.engine.chains.bitcoin.descriptors import Descriptor
from sluice.engine.chains.bitcoin.extended_keys import PREFIXES, ExtendedKey, Scheme
from sluice.engine.chains.bitcoin.hashing import sha256d
from sluice.engine.chains.bitcoin.nets import MAINNET
from sluice.engine.chains.bitcoin.reading import write_size
from sluice.engine.chains.bitcoin.scripts import ScriptType, script_of
from sluice.engine.chains.bitcoin.transactions.model import Input, Outpoint, Output, Transaction
from sluice.engine.chains.bitcoin.transactions.write import encode_stripped, encode_transaction

ADDRESSES: Final = 2_000
TRANSACTIONS: Final = 4_000
PAYING: Final = 100
WATCHED: Final = (10_000, 20_000, 200_000)
SECONDS: Final = 2.0


async def measure() -> dict[str, Any]:
    """Return addresses per CPU second by kind, and milliseconds per block by scripts watched."""
    raw = _block()
    figures: dict[str, Any] = {f"{one}_addresses_per_s": _derived_per_s(one) for one in Scheme}
    figures["block_bytes"] = len(raw)
    for count in WATCHED:
        tracemalloc.start()
        watched = {_script(number) for number in range(count)}
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        matched = match_block(raw, watched)
        assert (matched.transactions, len(matched.outputs)) == (TRANSACTIONS, PAYING)
        figures[f"watching_{count}"] = {
            "block_ms": round(1_000 * _seconds_each(lambda found=watched: match_block(raw, found))),
            "set_mib": round(held / 2**20, 1),
            "table_mib": round(sys.getsizeof(watched) / 2**20, 1),
        }
    return figures


def _derived_per_s(scheme: Scheme) -> int:
    public = PrivateKey(b"\x07" * 32).public_key.format()
    key = ExtendedKey(public, b"\x07" * 32, 3, b"\x07" * 4, 0, PREFIXES["xpub"])
    keychain = receiving(Descriptor(scheme, key), MAINNET)
    return round(ADDRESSES / _seconds_each(lambda: list(keychain.addresses(0, ADDRESSES))))


def _seconds_each(work: Callable[[], object]) -> float:
    """Return the processor time of one round, over as many as fit."""
    work()
    rounds, started = 0, time.process_time()
    while (took_s := time.process_time() - started) < SECONDS:
        work()
        rounds += 1
    return took_s / rounds


def _script(number: int) -> bytes:
    return script_of(ScriptType.P2WPKH, _digest(number)[:20])


def _digest(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def _block() -> bytes:
    """Return a block of payments with one to three witness inputs and two outputs each."""
    made = [_payment(number) for number in range(TRANSACTIONS)]
    names = [sha256d(encode_stripped(one)) for one in made]
    head = bytes(36) + root_of(names) + bytes(4) + bytes.fromhex("ffff7f20") + bytes(4)
    return head + write_size(len(made)) + b"".join(encode_transaction(one) for one in made)


def _payment(number: int) -> Transaction:
    seed = _digest(number)
    witness = (seed * 2 + bytes(7), b"\x02" + seed)
    inputs = tuple(
        Input(Outpoint(_digest(number * 7 + place).hex(), place), witness=witness)
        for place in range(1 + number % 3)
    )
    # One in forty pays somebody we wait for; nobody waits for numbers below zero.
    recipient = number if number % (TRANSACTIONS // PAYING) == 0 else -1 - number
    outputs = (Output(10_000 + number, _script(recipient)), Output(50_000, _script(-9_999_999)))
    return Transaction(inputs, outputs)
