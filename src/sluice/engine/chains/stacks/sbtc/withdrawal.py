"""Withdrawal: the call that asks the signers to pay bitcoin for sBTC, and what it may move."""

from typing import Final

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.stacks.clarity.model import UInt
from sluice.engine.chains.stacks.principals import Principal
from sluice.engine.chains.stacks.sbtc.contracts import SbtcContracts
from sluice.engine.chains.stacks.sbtc.limits import Limits, check_withdrawal_amount
from sluice.engine.chains.stacks.sbtc.recipients import (
    Recipient,
    parse_recipient,
    read_recipient,
    write_recipient,
)
from sluice.engine.chains.stacks.transactions.payloads import ContractCall
from sluice.engine.chains.stacks.transactions.post_conditions import Amount, FungibleCondition

FUNCTION: Final = "initiate-withdrawal-request"
# When the signers act, and when they reject what they left alone, in Bitcoin blocks.
_ACTED_ON_BLOCKS: Final = 6
_EXPIRES_BLOCKS: Final = 24


class Withdrawal(msgspec.Struct, frozen=True):
    """So many satoshis for a recipient, and at most so many for the fee; the rest comes back."""

    amount_sats: int
    recipient: Recipient
    fee_max_sats: int

    @property
    def locked_sats(self) -> int:
        """Return what leaves the asker's sBTC when he asks."""
        return self.amount_sats + self.fee_max_sats


def ask_withdrawal(
    amount_sats: int, address: str, *, net: Net, fee_max_sats: int, limits: Limits
) -> Withdrawal:
    """Return a withdrawal to a Bitcoin address that would not be refused. Raises Invalid."""
    check_withdrawal_amount(amount_sats, limits=limits)
    if fee_max_sats < 0:
        raise Invalid("A fee is not below zero.", code="amount_invalid")
    return Withdrawal(amount_sats, parse_recipient(address, net), fee_max_sats)


def write_call(withdrawal: Withdrawal, contracts: SbtcContracts) -> ContractCall:
    """Return the call that makes the request."""
    recipient = write_recipient(withdrawal.recipient)
    amount, fee = UInt(withdrawal.amount_sats), UInt(withdrawal.fee_max_sats)
    return ContractCall(contracts.withdrawal, FUNCTION, (amount, recipient, fee))


def read_call(call: ContractCall, contracts: SbtcContracts) -> Withdrawal:
    """Read what a call asks for. Raises Invalid for another call."""
    if (call.contract, call.function) != (contracts.withdrawal, FUNCTION):
        raise Invalid("This call asks for no withdrawal.", code="call_invalid")
    match call.arguments:
        case (UInt(amount), recipient, UInt(fee)):
            return Withdrawal(amount, read_recipient(recipient), fee)
    raise Invalid("This call asks for no withdrawal: its arguments differ.", code="call_invalid")


def acted_on_at(asked_at: int) -> int:
    """Return the Bitcoin height from which the signers act on a request made at `asked_at`."""
    return asked_at + _ACTED_ON_BLOCKS


def expires_at(asked_at: int) -> int:
    """Return the Bitcoin height from which the signers reject a request, and give its sBTC back."""
    return asked_at + _EXPIRES_BLOCKS


def condition_of(
    withdrawal: Withdrawal, sender: Principal, contracts: SbtcContracts
) -> FungibleCondition:
    """Return what may leave the asker, for deny mode: asking burns it and locks as much."""
    return FungibleCondition(sender, contracts.token, Amount.EQUAL, withdrawal.locked_sats)
