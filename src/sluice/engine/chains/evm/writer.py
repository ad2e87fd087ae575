"""EvmWriter: sends tokens, coins and calls on one EVM network, through every provider it has."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeVar

from coincurve import PublicKey

from sluice.base.errors import Invalid
from sluice.engine.chains.chain import ProvidersDisagree, ProviderTrouble
from sluice.engine.chains.evm import fees, sending
from sluice.engine.chains.evm.broadcasts import Outcome, judge_broadcast
from sluice.engine.chains.evm.calldata import WalletCall, transfer_call
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.refusals import explain
from sluice.engine.chains.evm.signatures import Signature as EvmSignature
from sluice.engine.chains.evm.signatures import address_of
from sluice.engine.chains.evm.transactions import (
    Fee,
    FlatFee,
    MarketFee,
    Transaction,
    sign_transaction,
)
from sluice.engine.chains.model import Network
from sluice.engine.chains.writer import (
    Account,
    Fate,
    Order,
    OrderHeld,
    OrderRefused,
    Price,
    Sealed,
    Signature,
    Slot,
    Standing,
    Unsigned,
    Verdict,
)

T = TypeVar("T")

# What pays for gas, by network; the others have ether.
_COINS: Final[Mapping[int, str]] = MappingProxyType({137: "pol", 80002: "pol", 43114: "avax"})
_NOBODY: Final = "0x" + "0" * 40
_TRUE: Final = 1
_VERDICTS: Final[Mapping[Outcome, Verdict]] = MappingProxyType(
    {
        Outcome.SENT: Verdict.SENT,
        Outcome.LOOK: Verdict.USED,
        Outcome.UNKNOWN: Verdict.UNKNOWN,
        Outcome.FILL: Verdict.UNKNOWN,
        Outcome.BUMP: Verdict.BUMP,
        Outcome.HOLD: Verdict.HOLD,
        Outcome.DEAD: Verdict.DEAD,
    }
)


class EvmWriter:
    """Writes to one network; `agree` providers must see a receipt to believe it."""

    def __init__(
        self, network: Network, nodes: Sequence[Node], *, chain_id: int, agree: int = 1
    ) -> None:
        self._network = network
        self._nodes = list(nodes)
        self._chain_id = chain_id
        self._agree = agree
        self._tokens = {
            asset: network.tokens[asset] for asset in network.assets if asset in network.tokens
        }

    @property
    def fee_asset(self) -> str:
        """Return the code of the network's coin."""
        return _COINS.get(self._chain_id, "eth")

    def address_of(self, public_key: bytes) -> str:
        """Return the address that this key signs for."""
        return address_of(PublicKey(public_key))

    def check(self, order: Order) -> None:
        """Raise Invalid for money to nobody, to a token's contract, or of an asset not here."""
        if order.recipient == _NOBODY or order.recipient in set(self._network.tokens.values()):
            raise Invalid("Money sent to this address is lost.", code="address_not_allowed")
        self._call(order)

    async def standing(self, account: Account) -> Standing:
        """Return the highest numbers and the smallest balances that any provider tells."""

        async def ask(node: Node) -> tuple[tuple[int, int], dict[str, int]]:
            held = await sending.balances(node, account.address, self._tokens, self.fee_asset)
            return await sending.numbers(node, account.address), held

        told = await self._ask(ask)
        return Standing(
            max(mined for (mined, _), _ in told),
            max(pending for (_, pending), _ in told),
            {asset: min(held[asset] for _, held in told) for asset in told[0][1]},
        )

    async def rehearse(self, order: Order, account: Account) -> Price:
        """Play the call on a node, and price it by what blocks cost of late."""
        self.check(order)
        call, wei = self._call(order)

        async def ask(node: Node) -> Price:
            try:
                answer, gas = await sending.play(node, account.address, call, wei)
            except NodeTrouble as trouble:
                raise await explain(node, trouble, order, account.address, call.to) from None
            if order.call is None and len(answer) > 2 and int(answer, 16) != _TRUE:  # noqa: PLR2004
                raise OrderRefused("The token refuses this transfer.", code="order_refused")
            return {"gas": fees.gas_limit(gas), **_stored(await self._fee(node))}

        return (await self._ask(ask, first=True))[0]

    def take(
        self,
        order: Order,
        standing: Standing,
        price: Price,
        *,
        nonce: int,
        taken: Sequence[Slot],  # noqa: ARG002 - an account's numbers need no choosing
    ) -> Slot:
        """Return the number offered, where the account holds enough."""
        needed = {self.fee_asset: _cost(price)}
        needed[order.asset] = needed.get(order.asset, 0) + order.units
        for asset, units in needed.items():
            if standing.balances.get(asset, 0) < units:
                raise OrderHeld(
                    f"The wallet holds too little {asset.upper()}: {units} units are needed.",
                    code="wallet_short",
                )
        return Slot(nonce=nonce)

    def build(self, order: Order, account: Account, slot: Slot, price: Price) -> Unsigned:  # noqa: ARG002
        """Return the transaction, lacking its signature."""
        call, wei = self._call(order)
        payload = json.dumps(
            {"nonce": _nonce(slot), "to": call.to, "data": call.data, "wei": wei, **price},
            sort_keys=True,
        ).encode()
        return Unsigned(payload, (self._read(payload).digest,), _cost(price))

    def void(self, account: Account, reference: str) -> Order:
        """Return the order that sends nothing to oneself."""
        return Order(self._network.name, self.fee_asset, 0, account.address, reference)

    def seal(self, unsigned: Unsigned, account: Account, signatures: Sequence[Signature]) -> Sealed:
        """Return the bytes, or refuse what the account's key did not sign."""
        [one] = signatures
        made = EvmSignature(one.r, one.s, one.recovery_id)
        signed = sign_transaction(self._read(unsigned.payload), account.address, lambda _: made)
        return Sealed(signed.hash, signed.raw)

    async def broadcast(self, raw: bytes) -> Verdict:
        """Send to every provider."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(sending.send_raw(node, raw)) for node in self._nodes]
        answers: list[Fault | None] = [task.result() for task in tasks]
        return _VERDICTS[judge_broadcast(answers)]

    async def fate(self, tx_id: str, slot: Slot, account: Account) -> Fate:
        """Return what became of it, as enough providers see it."""
        looks = await self._ask(lambda node: sending.look(node, tx_id, account.address))
        reorg_max = self._network.finality.reorg_max
        return sending.settle(looks, _nonce(slot), agree=self._agree, reorg_max=reorg_max)

    def bump(self, price: Price) -> Price:
        """Return an eighth more of each price."""
        return {"gas": price["gas"], **_stored(fees.bump(_fee(price)))}

    async def _fee(self, node: Node) -> Fee:
        history = await sending.fee_history(node)
        if not any(int(base, 16) for base in history.base_fee_per_gas):
            return FlatFee(await sending.gas_price(node))
        return fees.fee_from(history)

    def _call(self, order: Order) -> tuple[WalletCall, int]:
        """Return the call of an order, and the coins that go with it."""
        wei = order.units if order.asset == self.fee_asset else 0
        if order.call is not None:
            return WalletCall(order.call.contract, f"0x{order.call.payload.hex()}"), wei
        if order.asset == self.fee_asset:
            return WalletCall(order.recipient, "0x"), wei
        token = self._tokens.get(order.asset)
        if token is None:
            raise Invalid(
                f"{self._network.title} does not carry {order.asset}.", code="order_refused"
            )
        return transfer_call(token, order.recipient, order.units), 0

    def _read(self, payload: bytes) -> Transaction:
        said = json.loads(payload)
        data = bytes.fromhex(said["data"][2:])
        return Transaction(
            self._chain_id, said["nonce"], said["to"], data, said["gas"], _fee(said), said["wei"]
        )

    async def _ask(self, ask: Callable[[Node], Awaitable[T]], *, first: bool = False) -> list[T]:
        """Ask every provider, or until the first answers; raises ProviderTrouble for none."""
        told: list[T] = []
        trouble: ProviderTrouble | None = None
        for node in self._nodes:
            try:
                told.append(await ask(node))
            except ProviderTrouble as error:
                trouble = error
            if told and first:
                break
        if not told:
            raise trouble or ProvidersDisagree("There is no provider to ask.")
        return told


def _nonce(slot: Slot) -> int:
    if slot.nonce is None:
        raise Invalid("An account here counts its transactions.", code="slot_invalid")
    return slot.nonce


def _fee(price: Price) -> Fee:
    if "price_wei" in price:
        return FlatFee(price["price_wei"])
    return MarketFee(price["max_wei"], price["tip_wei"])


def _stored(fee: Fee) -> dict[str, int]:
    if isinstance(fee, FlatFee):
        return {"price_wei": fee.price_wei}
    return {"max_wei": fee.max_wei, "tip_wei": fee.tip_wei}


def _cost(price: Price) -> int:
    return price["gas"] * price.get("price_wei", price.get("max_wei", 0))
