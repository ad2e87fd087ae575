"""What becomes of each word with which a node refuses a transaction, heard from a node."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest

from sluice.engine.chains.stacks.rejections import Reason
from sluice.engine.chains.writer import State, Verdict
from tests.contract.test_stacks_writer import SEND, Till, till, trouble
from tests.stacks.wallets import HELPER, Wallet

__all__ = ["till"]

NEIGHBOUR: Final = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"
MAINNET: Final = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"
VERDICTS: Final = {
    # A fault of ours, or of whoever ordered it: no node will ever take it.
    Reason.SERIALIZATION: Verdict.DEAD,
    Reason.DESERIALIZATION: Verdict.DEAD,
    Reason.SIGNATURE_VALIDATION: Verdict.DEAD,
    Reason.BAD_TRANSACTION_VERSION: Verdict.DEAD,
    Reason.BAD_ADDRESS_VERSION: Verdict.DEAD,
    Reason.SELF_TRANSFER: Verdict.DEAD,
    Reason.ZERO_TRANSFER: Verdict.DEAD,
    Reason.NO_SUCH_CONTRACT: Verdict.DEAD,
    Reason.NO_SUCH_FUNCTION: Verdict.DEAD,
    Reason.BAD_ARGUMENT: Verdict.DEAD,
    Reason.CONTRACT_EXISTS: Verdict.DEAD,
    Reason.NO_COINBASE: Verdict.DEAD,
    Reason.NO_TENURE_CHANGE: Verdict.DEAD,
    Reason.POISON_PUBLIC_KEYS: Verdict.DEAD,
    Reason.POISON_ANCHORS: Verdict.DEAD,
    Reason.POISON_INVALID: Verdict.DEAD,
    # About the account.
    Reason.BAD_NONCE: Verdict.USED,
    Reason.CONFLICTING_NONCE: Verdict.BUMP,
    Reason.FEE_TOO_LOW: Verdict.BUMP,
    Reason.NOT_ENOUGH_FUNDS: Verdict.HOLD,
    # It fits later, or says nothing about the transaction.
    Reason.TOO_MUCH_CHAINING: Verdict.UNKNOWN,
    Reason.BLACKLISTED: Verdict.UNKNOWN,
    Reason.ESTIMATOR: Verdict.UNKNOWN,
    Reason.NO_CHAIN_TIP: Verdict.UNKNOWN,
    Reason.DATABASE: Verdict.UNKNOWN,
    Reason.OTHER: Verdict.UNKNOWN,
}


def test_there_is_a_verdict_for_every_word() -> None:
    assert set(VERDICTS) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
async def test_every_word_of_a_node_is_heard(till: Till, reason: Reason) -> None:
    await trouble(till, path=SEND, kind="reject", reason=reason.value)
    sealed = await till.sealed(till.order(), 0)

    assert await till.writer.broadcast(sealed.raw) is VERDICTS[reason]


@pytest.mark.parametrize("reason", Reason)
async def test_what_waits_already_is_not_given_up_for_a_word(till: Till, reason: Reason) -> None:
    sealed = await till.sent(till.order())
    await trouble(till, path=SEND, kind="reject", reason=reason.value)

    verdict = await till.writer.broadcast(sealed.raw)

    # These two may be about the transaction itself, so the node is asked for it.
    asked = reason in (Reason.CONFLICTING_NONCE, Reason.BAD_NONCE)
    assert verdict is (Verdict.SENT if asked else VERDICTS[reason])
    assert (await till.fate(sealed, 0)).state is State.PENDING


async def tampered(payer: Wallet) -> bytes:
    raw = bytearray(await payer.signed("transfer", recipient=NEIGHBOUR, amount="5"))
    raw[-40] ^= 1
    return bytes(raw)


def transfer(**told: object) -> Callable[[Wallet], Coroutine[Any, Any, bytes]]:
    async def make(payer: Wallet) -> bytes:
        recipient = told.get("recipient") or payer.address
        return await payer.signed("transfer", **{"amount": "5", **told, "recipient": recipient})

    return make


def call(function: str, *args: str) -> Callable[[Wallet], Coroutine[Any, Any, bytes]]:
    async def make(payer: Wallet) -> bytes:
        contract = await payer.deploy("helper", HELPER)
        return await payer.signed("call", contract=contract, function=function, args=args)

    return make


async def taken_name(payer: Wallet) -> bytes:
    await payer.deploy("helper", HELPER)
    return await payer.signed("deploy", name="helper", source="(print 1)", fee=9_000)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(tampered, id="SignatureValidation"),
        pytest.param(transfer(), id="TransferRecipientCannotEqualSender"),
        pytest.param(transfer(recipient=NEIGHBOUR, amount="0"), id="TransferAmountMustBePositive"),
        pytest.param(transfer(recipient=MAINNET), id="BadAddressVersionByte"),
        pytest.param(
            transfer(recipient=MAINNET, network="mainnet", nonce=0), id="BadTransactionVersion"
        ),
        pytest.param(call("steal"), id="NoSuchPublicFunction"),
        pytest.param(call("claim", "true"), id="BadFunctionArgument"),
        pytest.param(taken_name, id="ContractAlreadyExists"),
    ],
)
async def test_what_the_node_itself_refuses_for_good_is_dead(
    till: Till, make: Callable[[Wallet], Coroutine[Any, Any, bytes]]
) -> None:
    raw = await make(till.stacks.payer)

    assert await till.writer.broadcast(raw) is Verdict.DEAD
