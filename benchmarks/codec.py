"""SIP-010 transfers decoded per second of one core, beside @stacks/transactions."""

import hashlib
import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sluice.engine.chains.stacks.clarity.model import Buffer, Some, UInt
from sluice.engine.chains.stacks.keys import SecretKey
from sluice.engine.chains.stacks.principals import Address, parse_asset
from sluice.engine.chains.stacks.transactions.accounts import single_account
from sluice.engine.chains.stacks.transactions.model import MAINNET_CHAIN, Transaction, Version
from sluice.engine.chains.stacks.transactions.payloads import ContractCall
from sluice.engine.chains.stacks.transactions.post_conditions import Amount, FungibleCondition
from sluice.engine.chains.stacks.transactions.read import decode_transaction
from sluice.engine.chains.stacks.transactions.sign import sign_origin
from sluice.engine.chains.stacks.transactions.verify import verify_transaction
from sluice.engine.chains.stacks.transactions.write import encode_transaction, txid_of

TRANSACTIONS: Final = 2_000
ROUNDS: Final = 3
SECONDS: Final = 2.0

_ROOT: Final = Path(__file__).parents[1]
_SCRIPT: Final = Path(__file__).with_suffix(".mjs")
# Pinned by the lock files of the two parts that use it in tests.
_MODULES: Final = ("tests/stacks/node_modules", "contracts/stacks/node_modules")
_SBTC: Final = parse_asset("SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token")


async def measure() -> dict[str, Any]:
    """Return decoded, encoded and verified per CPU second, and the ratio to the other decoder."""
    inputs = [encode_transaction(_transfer(number)) for number in range(TRANSACTIONS)]
    decoded = [decode_transaction(data) for data in inputs]
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_per_s(lambda: [decode_transaction(data) for data in inputs]))
        theirs.append(_others_per_s(inputs))
    figures: dict[str, Any] = {
        "bytes": len(inputs[0]),
        "decoded_per_s": round(statistics.median(ours)),
        "encoded_and_named_per_s": _per_s(lambda: [txid_of(one) for one in decoded]),
        "verified_per_s": _per_s(lambda: [verify_transaction(one) for one in decoded]),
    }
    known = [figure for figure in theirs if figure is not None]
    if not known:
        return figures | {"note": "no node, or no @stacks/transactions: make test-tools"}
    other = round(statistics.median(known))
    ratio = round(figures["decoded_per_s"] / other, 2)
    return figures | {"stacks_transactions_per_s": other, "ratio": ratio}


def _transfer(number: int) -> Transaction:
    """Return a signed transfer of sBTC, with a payer, an amount and a memo of its own."""
    seed = hashlib.sha256(str(number).encode()).digest()
    key = SecretKey(seed)
    units = UInt(number + 1)
    origin = single_account(key.public, nonce=number, fee=3_000)
    payer, payee = Address(22, origin.signer), Address(22, seed[:20])
    memo = Some(Buffer(b"pi_" + seed.hex()[:24].encode()))
    call = ContractCall(_SBTC.contract, "transfer", (units, payer, payee, memo))
    condition = FungibleCondition(payer, _SBTC, Amount.EQUAL, units.value)
    unsigned = Transaction(
        Version.MAINNET, MAINNET_CHAIN, origin, call, post_conditions=(condition,)
    )
    return sign_origin(unsigned, [key])


def _per_s(work: Callable[[], object]) -> int:
    """Return how many transactions are done in a second of processor time."""
    work()
    rounds, started = 0, time.process_time()
    while (took_s := time.process_time() - started) < SECONDS:
        work()
        rounds += 1
    return round(rounds * TRANSACTIONS / took_s)


def _others_per_s(inputs: list[bytes]) -> int | None:
    node = shutil.which("node")
    modules = next((found for name in _MODULES if (found := _ROOT / name).is_dir()), None)
    if node is None or modules is None:
        return None
    answer = subprocess.run(
        [node, str(_SCRIPT), str(modules), str(SECONDS)],
        input="\n".join(data.hex() for data in inputs),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    per_s: int = json.loads(answer)["per_s"]
    return per_s
