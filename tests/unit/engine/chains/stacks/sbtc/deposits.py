"""The vectors of deposits, and one deposit to change."""

from typing import Any, Final

from coincurve import PrivateKey

from sluice.engine.chains.bitcoin.nets import NETS, Net
from sluice.engine.chains.stacks.principals import parse_principal
from sluice.engine.chains.stacks.sbtc.deposit import Deposit
from sluice.engine.chains.stacks.sbtc.scripts import DepositScript, ReclaimScript
from tests.unit.engine.chains.stacks.vectors import vectors

ALL: Final = vectors("sbtc_deposits")
SIGNERS: Final = bytes.fromhex(ALL["test_private_keys"]["signers"])
USER: Final = bytes.fromhex(ALL["test_private_keys"]["reclaim"])
MAIN_RECIPIENT: Final = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"
TEST_RECIPIENT: Final = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"


def key_of(secret: bytes) -> bytes:
    """Return a private key's x-only public key."""
    return PrivateKey(secret).public_key.format()[1:]


def net_of(case: dict[str, Any]) -> Net:
    """Return the Bitcoin network of a case."""
    return next(net for net in NETS if net.name == case["network"])


def named(case: dict[str, Any]) -> str:
    """Return what a test of this case is called."""
    return f"{case['network']}-{case['address'][-8:]}"


def a_deposit(
    recipient: str = MAIN_RECIPIENT,
    *,
    fee_max_sats: int = 80_000,
    lock_blocks: int = 950,
    signers: bytes = SIGNERS,
    user: bytes = USER,
) -> Deposit:
    """Return a deposit of the vectors' keys."""
    return Deposit(
        DepositScript(fee_max_sats, parse_principal(recipient), key_of(signers)),
        ReclaimScript(lock_blocks, key_of(user)),
    )
