"""BitcoinWriter: how money leaves a wallet of one key (P2WPKH), through one or several sources.

The slot is a set of coins: a replacement spends the same ones, so at most one of them is mined.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import structlog

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import read_address, write_address
from sluice.engine.chains.bitcoin.derive import script_for
from sluice.engine.chains.bitcoin.extended_keys import Scheme
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.bitcoin.scripts import dust_limit
from sluice.engine.chains.bitcoin.sending.contents import (
    build_unsigned,
    choose_coins,
    seal_signed,
)
from sluice.engine.chains.bitcoin.sending.fees import FeePolicy, bumped, price_of
from sluice.engine.chains.bitcoin.sending.spender import Look, Spender, most_hopeful
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.model import Network
from sluice.engine.chains.writer import (
    Account,
    Fate,
    Order,
    OrderHeld,
    Price,
    Sealed,
    Signature,
    Slot,
    Standing,
    State,
    Unsigned,
    Verdict,
)

T = TypeVar("T")

log = structlog.get_logger()

_BTC: Final = "btc"
# A payout that costs more than half of itself is a person's decision.
_WORTH: Final = 2


class BitcoinWriter:
    """Writes to one network; `agree` sources must see a transaction in a block to believe it.

    `spenders` are told every transaction; `holders`, of which some are the same, know coins by
    address.
    """

    def __init__(
        self,
        net: Net,
        network: Network,
        spenders: Sequence[Spender],
        holders: Sequence[Spender],
        *,
        agree: int = 1,
        fees: FeePolicy,
    ) -> None:
        self._net = net
        self._network = network
        self._spenders = spenders
        self._holders = holders
        self._agree = agree
        self._fees = fees

    @property
    def fee_asset(self) -> str:
        """Return the code of bitcoin."""
        return _BTC

    def address_of(self, public_key: bytes) -> str:
        """Return the P2WPKH address of a key."""
        return write_address(script_for(Scheme.WPKH, public_key), self._net)

    def check(self, order: Order) -> None:
        """Raise Invalid for another asset, a memo, a foreign address, and dust."""
        if order.asset != _BTC or order.call is not None or order.memo is not None:
            raise Invalid(
                "Bitcoin carries bitcoin alone, without a memo.", code="asset_not_on_network"
            )
        script = read_address(order.recipient, self._net)
        least = dust_limit(script)
        if order.units < least:
            raise Invalid(
                f"Nodes relay no less than {least} satoshis to this address; send more at once.",
                code="amount_too_small",
                param="amount",
            )

    async def standing(self, account: Account) -> Standing:
        """Return the coins that every source knows as unspent and in a block."""
        script = read_address(account.address, self._net)
        told = await self._ask(self._holders, lambda holder: holder.coins(account.address, script))
        shared = set(told[0]).intersection(*told[1:])
        coins = tuple(sorted(shared, key=lambda coin: (coin.tx_id, coin.index)))
        return Standing(balances={_BTC: sum(coin.units for coin in coins)}, coins=coins)

    async def rehearse(self, order: Order, account: Account) -> Price:
        """Price it, and see that the wallet can pay it and that it is worth its fee."""
        if order.units:
            self.check(order)
            if order.recipient == account.address:
                raise Invalid("A wallet cannot pay itself.", code="recipient_is_sender")
        rates = await self._ask(self._spenders, lambda spender: spender.rate())
        price = price_of([rate for rate in rates if rate], self._fees)
        if order.units:
            standing = await self.standing(account)
            slot = self.take(order, standing, price, nonce=0, taken=())
            cost = self.build(order, account, slot, price).cost_max
            if cost * _WORTH > order.units:
                raise OrderHeld(
                    f"It would cost {cost} satoshis to send {order.units}; wait for lower fees.",
                    code="fee_guard",
                )
        return price

    def take(
        self,
        order: Order,
        standing: Standing,
        price: Price,
        *,
        nonce: int,  # noqa: ARG002 - coins, not numbers
        taken: Sequence[Slot],
    ) -> Slot:
        """Return coins that pay the order and its fee, and that no other slot holds."""
        return choose_coins(order, standing, price, net=self._net, taken=taken)

    def build(self, order: Order, account: Account, slot: Slot, price: Price) -> Unsigned:
        """Return the transaction, lacking one signature for each coin."""
        return build_unsigned(order, account, slot, price, net=self._net)

    def void(self, account: Account, reference: str) -> Order:
        """Return an order that brings the slot's coins back to the wallet."""
        return Order(self._network.name, _BTC, 0, account.address, reference)

    def seal(self, unsigned: Unsigned, account: Account, signatures: Sequence[Signature]) -> Sealed:
        """Return the bytes to send, after checking that the account's key signed all."""
        return seal_signed(unsigned, account, signatures)

    async def broadcast(self, raw: bytes) -> Verdict:
        """Send to every source."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(spender.send(raw)) for spender in self._spenders]
        return most_hopeful(task.result() for task in tasks)

    async def fate(self, tx_id: str, slot: Slot, account: Account) -> Fate:
        """Return what became of it, as enough sources see it."""
        script = read_address(account.address, self._net)
        looks = await self._ask(self._spenders, lambda one: one.look(tx_id, slot, script))
        # Sources may stand on different branches: one place is enough that is believed.
        for look in _places(looks, State.INCLUDED) or _places(looks, State.REPLACED):
            fate = await self._believed(look)
            if fate is not None:
                return fate
        if any(look.state in (State.PENDING, State.INCLUDED) for look in looks):
            return Fate(State.PENDING)
        return Fate(State.UNKNOWN)

    def bump(self, price: Price) -> Price:
        """Return an eighth more, and what relaying the replacement costs."""
        return bumped(price, self._fees)

    async def _believed(self, look: Look) -> Fate | None:
        """Believe a block once enough sources have it on their best branch; None: in doubt.

        A source that stands below it, or is silent, contradicts nobody: what one proves to be mined
        is waited for, and not replaced by a dearer transaction that would come too late.
        """
        height, block = look.height or 0, look.block_hash or ""
        having = await self._ask(self._spenders, lambda one: one.has(height, block))
        if having.count(True) >= self._agree:
            depth = max(look.tip_height - height + 1, 1)
            is_final = depth > self._network.finality.reorg_max
            return Fate(look.state, height, block, depth, is_final)
        if look.state is State.INCLUDED and True in having and False not in having:
            return Fate(look.state, height, block)
        return None

    async def _ask(
        self, sources: Sequence[Spender], ask: Callable[[Spender], Awaitable[T]]
    ) -> list[T]:
        """Ask every source; those in trouble are passed over. Raises ProviderTrouble for none."""

        async def one(source: Spender) -> tuple[T] | ProviderTrouble:
            try:
                return (await ask(source),)
            except ProviderTrouble as error:
                log.warning("spender.troubled", source=source.name, why=error.message[:200])
                return error

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(source)) for source in sources]
        answers = [task.result() for task in tasks]
        told = [answer[0] for answer in answers if not isinstance(answer, ProviderTrouble)]
        if not told:
            raise next(answer for answer in answers if isinstance(answer, ProviderTrouble))
        return told


def _places(looks: Sequence[Look], state: State) -> Sequence[Look]:
    """Return one look for each block that a transaction is said to be in."""
    return list({look.block_hash: look for look in looks if look.state is state}.values())
