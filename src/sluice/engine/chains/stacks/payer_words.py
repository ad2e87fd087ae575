"""What a payer has signed for somebody to sponsor: is it the payment that was asked for? Pure."""

from collections.abc import Mapping

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.bolt.forms import Bolt, SimulatedBolt, fee_of, pay
from sluice.engine.chains.stacks.contents import (
    SPONSORED,
    Content,
    read_sponsored,
    send_stx,
    send_token,
)
from sluice.engine.chains.stacks.principals import Address, Asset, parse_principal
from sluice.engine.chains.stacks.tokens import STX
from sluice.engine.chains.stacks.transactions.authorization import address_of
from sluice.engine.chains.stacks.transactions.model import PostConditionMode, Transaction
from sluice.engine.chains.wallets import WalletOrder
from sluice.engine.chains.writer import Call


def check_payment(
    raw: bytes,
    order: WalletOrder,
    tokens: Mapping[str, Asset],
    *,
    chain_id: int,
    bolt: Bolt | SimulatedBolt | None = None,
) -> None:
    """Refuse anything but this payment, whole, by this payer, plain or through Bolt.

    A sponsor that paid for whatever it is shown would pay for strangers. Raises Invalid.
    """
    asked = read_sponsored(Call(SPONSORED, raw))
    if asked.chain_id != chain_id:
        raise _refused("it is for another network")
    payer = address_of(asked.origin, is_mainnet=asked.is_mainnet)
    if str(payer) != order.payer:
        raise _refused("somebody else signed it")
    if asked.origin.fee:
        raise _refused("it offers a fee of its own")
    if order.asset == STX:
        expected = send_stx(parse_principal(order.address), order.units, order.memo)
    else:
        expected = _through(bolt, asked, order) or _token(order, payer, tokens)
        if asked.post_condition_mode is PostConditionMode.ALLOW:
            raise _refused("it lets more happen than it says")
    if asked.payload != expected.payload:
        raise _refused("it is not the payment that was asked for")


def _through(
    bolt: Bolt | SimulatedBolt | None, asked: Transaction, order: WalletOrder
) -> Content | None:
    """Return the payment through Bolt, at whatever fee the payer offers there."""
    if bolt is None:
        return None
    fee = fee_of(bolt, asked.payload)
    return None if fee is None else pay(bolt, order, fee)


def _token(order: WalletOrder, payer: Address, tokens: Mapping[str, Asset]) -> Content:
    token = tokens.get(order.asset)
    if token is None:
        raise _refused("its asset is not taken here")
    return send_token(token, payer, parse_principal(order.address), order.units, order.memo)


def _refused(why: str) -> Invalid:
    return Invalid(f"This transaction is not sponsored: {why}.", code="transaction_refused")
