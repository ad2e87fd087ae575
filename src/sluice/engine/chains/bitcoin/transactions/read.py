"""Bytes -> transaction, as strictly as nodes read them."""

from typing import Final

from sluice.engine.chains.bitcoin.amounts import MONEY_MAX_SATS
from sluice.engine.chains.bitcoin.reading import Malformed, Reader
from sluice.engine.chains.bitcoin.transactions.model import (
    Input,
    Outpoint,
    Output,
    Transaction,
)

_WITNESS_FLAG: Final = 1
# The least bytes of an input, an output and a piece of a witness: bounds what a count may claim.
_INPUT_BYTES: Final = 41
_OUTPUT_BYTES: Final = 9


def decode_transaction(data: bytes) -> Transaction:
    """Read a transaction with or without witnesses. Raises Malformed, also for trailing bytes."""
    reader = Reader(data)
    version = reader.number(4)
    has_witness = data[4:5] == b"\0"
    if has_witness:
        reader.take(1)
        if reader.number(1) != _WITNESS_FLAG:
            raise Malformed(5, "a transaction without inputs, or an unknown flag")
    inputs, outputs = _body(reader)
    if not inputs or not outputs:
        raise Malformed(reader.at, "a transaction spends something and pays something")
    if has_witness:
        witnesses = [read_witness(reader) for _ in inputs]
        if not any(witnesses):
            raise Malformed(reader.at, "a witness that is marked is missing")
        inputs = [
            Input(one.outpoint, one.script_sig, one.sequence, witness)
            for one, witness in zip(inputs, witnesses, strict=True)
        ]
    return _whole(reader, version, inputs, outputs)


def decode_unsigned(data: bytes) -> Transaction:
    """Read the transaction inside a PSBT: without witnesses, and possibly without inputs."""
    reader = Reader(data)
    version = reader.number(4)
    inputs, outputs = _body(reader)
    if any(one.script_sig for one in inputs):
        raise Malformed(4, "an unsigned transaction carries a signature's script")
    return _whole(reader, version, inputs, outputs)


def decode_output(data: bytes) -> Output:
    """Read one output and nothing behind it."""
    reader = Reader(data)
    output = _output(reader)
    reader.finish()
    return output


def read_witness(reader: Reader) -> tuple[bytes, ...]:
    """Take a witness: a count, and so many pieces."""
    count = _count(reader, 1)
    return tuple(reader.sized() for _ in range(count))


def _body(reader: Reader) -> tuple[list[Input], list[Output]]:
    inputs = [_input(reader) for _ in range(_count(reader, _INPUT_BYTES))]
    outputs = [_output(reader) for _ in range(_count(reader, _OUTPUT_BYTES))]
    return inputs, outputs


def _whole(reader: Reader, version: int, inputs: list[Input], outputs: list[Output]) -> Transaction:
    lock_time = reader.number(4)
    reader.finish()
    if len({one.outpoint for one in inputs}) != len(inputs):
        raise Malformed(0, "an output is spent twice")
    if sum(one.sats for one in outputs) > MONEY_MAX_SATS:
        raise Malformed(0, "more bitcoin than there are")
    return Transaction(tuple(inputs), tuple(outputs), version, lock_time)


def _input(reader: Reader) -> Input:
    tx_id = reader.take(32)[::-1].hex()
    outpoint = Outpoint(tx_id, reader.number(4))
    return Input(outpoint, reader.sized(), reader.number(4))


def _output(reader: Reader) -> Output:
    start = reader.at
    sats = reader.number(8)
    if sats > MONEY_MAX_SATS:
        raise Malformed(start, "more bitcoin than there are")
    return Output(sats, reader.sized())


def _count(reader: Reader, least_bytes: int) -> int:
    start = reader.at
    count = reader.size()
    if count * least_bytes > len(reader.data) - reader.at:
        raise Malformed(start, f"{count} pieces cannot follow")
    return count
