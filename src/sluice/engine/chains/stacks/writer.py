"""StacksWriter: how money leaves a Stacks account, through one or several providers.

The slot is the account's next number. What somebody else has signed for us to sponsor is an order,
too: then the slot is ours as the sponsor, and a higher fee needs nobody else's signature.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import structlog

from sluice.base.errors import Invalid
from sluice.engine.chains.chain import ProvidersDisagree, ProviderTrouble
from sluice.engine.chains.model import Network
from sluice.engine.chains.stacks.addresses import MAINNET_ID, StacksAddresses
from sluice.engine.chains.stacks.contents import Contents, void_order
from sluice.engine.chains.stacks.fates import Look, settle
from sluice.engine.chains.stacks.faults import ApiTrouble
from sluice.engine.chains.stacks.fees import FeePolicy, bumped, fee_of, price_of
from sluice.engine.chains.stacks.keys import single_address
from sluice.engine.chains.stacks.principals import (
    MAINNET_SINGLE,
    TESTNET_SINGLE,
    Address,
    Asset,
    parse_asset,
)
from sluice.engine.chains.stacks.rejections import Rejection
from sluice.engine.chains.stacks.sending import Sending, judge
from sluice.engine.chains.stacks.tokens import STX
from sluice.engine.chains.stacks.transactions.model import Transaction
from sluice.engine.chains.stacks.transactions.payloads import ContractCall
from sluice.engine.chains.stacks.transactions.read import decode_transaction
from sluice.engine.chains.stacks.transactions.sighash import Role
from sluice.engine.chains.stacks.transactions.sign import add_signature, digest_to_sign
from sluice.engine.chains.stacks.transactions.verify import verify_transaction
from sluice.engine.chains.stacks.transactions.write import encode_transaction, txid_of
from sluice.engine.chains.stacks.transactions.write_payload import write_payload
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

log = structlog.get_logger()

_SCALAR_BYTES: Final = 32
# Whoever deployed what is on every network from the start: nobody.
_BOOT: Final = bytes(20)


class StacksWriter:
    """Writes to one network; `agree` providers must see a transaction in a block to believe it."""

    def __init__(
        self,
        network: Network,
        providers: Sequence[Sending],
        *,
        chain_id: int,
        burn_depth: int,
        agree: int = 1,
        fees: FeePolicy | None = None,
    ) -> None:
        self._network = network
        self._providers = providers
        self._is_mainnet = chain_id == MAINNET_ID
        self._burn_depth = burn_depth
        self._agree = agree
        self._fees = fees or FeePolicy()
        self._tokens: dict[str, Asset] = {
            asset: parse_asset(network.tokens[asset]) for asset in network.assets if asset != STX
        }
        addresses = StacksAddresses(network, chain_id=chain_id)
        self._contents = Contents(network, self._tokens, addresses, chain_id=chain_id)

    @property
    def fee_asset(self) -> str:
        """Return the code of STX."""
        return STX

    def address_of(self, public_key: bytes) -> str:
        """Return the address of one key."""
        return str(single_address(public_key, is_mainnet=self._is_mainnet))

    def check(self, order: Order) -> None:
        """Raise Invalid for what no node should get."""
        self._contents.check(order)

    async def standing(self, account: Account) -> Standing:
        """Return the highest numbers and the smallest balances that any provider tells."""
        return await self._standing(account, self._network.assets)

    async def rehearse(self, order: Order, account: Account) -> Price:
        """Find what nodes would refuse, and price it by what they estimate.

        A node does not run a transfer on trial: a contract that refuses costs the fee.
        """
        self.check(order)
        if order.call is None and order.recipient == account.address:
            raise OrderRefused("A wallet cannot pay itself.", code="recipient_is_sender")
        price = await self._price(order, account)
        standing = await self._standing(account, {STX, order.asset})
        self.take(order, standing, price, nonce=standing.next_mined, taken=())
        return price

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
        needed = Counter({STX: fee_of(price)})
        needed[order.asset] += order.units
        for asset, units in needed.items():
            held = standing.balances.get(asset, 0)
            if held < units:
                raise OrderHeld(
                    f"The wallet holds {held} units of {asset.upper()} and needs {units}; fill it "
                    "up.",
                    code="wallet_short",
                )
        return Slot(nonce)

    def build(self, order: Order, account: Account, slot: Slot, price: Price) -> Unsigned:
        """Return the transaction, lacking one signature."""
        transaction = self._contents.build(order, account, _nonce(slot), fee_of(price))
        digest = digest_to_sign(transaction, _role(transaction))
        return Unsigned(encode_transaction(transaction), (digest,), fee_of(price))

    def void(self, account: Account, reference: str) -> Order:
        """Return an order that succeeds and moves nothing."""
        boot = Address(MAINNET_SINGLE if self._is_mainnet else TESTNET_SINGLE, _BOOT)
        return void_order(self._network, account, boot=boot, reference=reference)

    def seal(self, unsigned: Unsigned, account: Account, signatures: Sequence[Signature]) -> Sealed:
        """Return the bytes to send, after checking that the account's key signed them."""
        if len(signatures) != 1:
            raise Invalid("This transaction needs one signature.", code="signature_invalid")
        transaction = decode_transaction(unsigned.payload)
        role = _role(transaction)
        signed = add_signature(transaction, role, _vrs(signatures[0]))
        if verify_transaction(signed)[-1].publics != (account.public_key,):
            raise Invalid("Another key signed than the wallet's.", code="signature_invalid")
        return Sealed(txid_of(signed), encode_transaction(signed))

    async def broadcast(self, raw: bytes) -> Verdict:
        """Send to every provider."""
        is_sponsored = decode_transaction(raw).sponsor is not None

        async def send(provider: Sending) -> Rejection | None:
            try:
                rejection = await provider.send(raw)
            except ApiTrouble as error:
                rejection = Rejection(None, Verdict.UNKNOWN, text=error.message)
            if rejection is not None:
                why = rejection.text[:200]
                log.warning("broadcast.refused", source=provider.name, why=why)
            return rejection

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(send(provider)) for provider in self._providers]
        return judge([task.result() for task in tasks], is_sponsored=is_sponsored)

    async def fate(self, tx_id: str, slot: Slot, account: Account) -> Fate:
        """Return what became of it, as enough providers see it."""
        nonce = _nonce(slot)

        async def look(provider: Sending) -> Look:
            tip = await provider.tip()
            found, instead = await provider.sent(tx_id), None
            if found is None or found.block is None:
                numbers = await provider.numbers(account.address)
                if numbers.next_mined > nonce:
                    instead = await provider.using(account.address, nonce)
            if instead is not None and instead.tx_id.lower() == f"0x{tx_id}":
                found, instead = instead, None
            return Look(found, instead, tip.height, tip.burn_block_height)

        looks = await self._ask(look)
        return settle(looks, agree=self._agree, burn_depth=self._burn_depth)

    def bump(self, price: Price) -> Price:
        """Return an eighth more."""
        return bumped(price, self._fees)

    async def _price(self, order: Order, account: Account) -> Price:
        """Price an order by the dearest provider's estimate, for the size it will have."""
        transaction = self._contents.build(order, account, 0, 0)
        payload = bytearray()
        write_payload(payload, transaction.payload)
        size = len(encode_transaction(transaction))
        if order.call is not None and isinstance(transaction.payload, ContractCall):
            await self._check_call(transaction.payload)
        told = await self._ask(lambda provider: provider.estimates(bytes(payload), size))
        dearest = max(told, key=lambda estimates: sorted(estimates)[len(estimates) // 2 :][:1])
        return price_of(dearest, size, self._fees)

    async def _check_call(self, call: ContractCall) -> None:
        """Refuse a call of what is not there, which would cost the fee for nothing."""
        address, name = str(call.contract.address), call.contract.name
        told = await self._ask(lambda provider: provider.functions(address, name))
        known = [functions for functions in told if functions is not None]
        if not known:
            raise OrderRefused(f"There is no contract {call.contract}.", code="contract_missing")
        if not any(call.function in functions for functions in known):
            raise OrderRefused(
                f"{call.contract} has no public function {call.function}.", code="function_missing"
            )

    async def _standing(self, account: Account, assets: Sequence[str] | set[str]) -> Standing:
        address = account.address

        async def ask(provider: Sending) -> tuple[str, Standing]:
            tip = await provider.tip()
            numbers = await provider.numbers(address)
            holds = {asset: await provider.holds(address, self._tokens[asset])
                     for asset in assets if asset in self._tokens}  # fmt: skip
            return tip.index_block_hash.lower(), Standing(
                numbers.next_mined, numbers.next_pending, {STX: numbers.ustx} | holds
            )

        told = await self._ask(ask)
        numbers = {(block, one.next_mined) for block, one in told}
        if len(numbers) > len({block for block, _ in numbers}):
            raise ProvidersDisagree(f"Providers tell of different numbers of {address}; look.")
        standings = [one for _, one in told]
        return Standing(
            max(one.next_mined for one in standings),
            max(one.next_pending for one in standings),
            {asset: min(one.balances[asset] for one in standings) for asset in told[0][1].balances},
        )

    async def _ask(self, ask: Callable[[Sending], Awaitable[T]]) -> list[T]:
        """Ask every provider; those in trouble are passed over. Raises ProviderTrouble for none."""

        async def one(provider: Sending) -> tuple[T] | ProviderTrouble:
            try:
                return (await ask(provider),)
            except ApiTrouble as error:
                return error

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(provider)) for provider in self._providers]
        answers = [task.result() for task in tasks]
        told = [answer[0] for answer in answers if not isinstance(answer, ProviderTrouble)]
        if not told:
            raise next(answer for answer in answers if isinstance(answer, ProviderTrouble))
        return told


def _nonce(slot: Slot) -> int:
    if slot.nonce is None:
        raise Invalid("An account on Stacks counts its transactions.", code="slot_invalid")
    return slot.nonce


def _role(transaction: Transaction) -> Role:
    return Role.ORIGIN if transaction.sponsor is None else Role.SPONSOR


def _vrs(signature: Signature) -> bytes:
    scalars = (
        signature.r.to_bytes(_SCALAR_BYTES, "big"),
        signature.s.to_bytes(_SCALAR_BYTES, "big"),
    )
    return bytes([signature.recovery_id]) + b"".join(scalars)
