"""OwnSponsor: a wallet of ours pays the network's fee of what a payer has signed.

Nothing need be remembered. The payer's number is in what he signed, so of all that we may make of
it a network includes one at most, and what became of it is found by that number.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.sponsor import SponsorRefused
from sluice.engine.chains.stacks.contents import SPONSORED, read_sponsored
from sluice.engine.chains.stacks.faults import ApiTrouble
from sluice.engine.chains.stacks.sending import Sending
from sluice.engine.chains.stacks.tokens import STX
from sluice.engine.chains.stacks.transactions.authorization import address_of
from sluice.engine.chains.stacks.transactions.model import Transaction
from sluice.engine.chains.stacks.writer import StacksWriter
from sluice.engine.chains.writer import (
    Account,
    Call,
    Order,
    OrderHeld,
    OrderRefused,
    Price,
    Signature,
    Slot,
    Verdict,
)

# Others of ours may take the same number at the same moment; then the next one is tried.
_TRIES_MAX: Final = 5


class Signs(Protocol):
    """Signs digests with one key."""

    @property
    def public_key(self) -> bytes: ...  # noqa: D102 - 33 bytes
    async def sign_digest(self, digest: bytes) -> Signature: ...  # noqa: D102


class OwnSponsor:
    """A wallet that does nothing else: its numbers are the network's to count, not ours."""

    def __init__(
        self,
        network: str,
        writer: StacksWriter,
        providers: Sequence[Sending],
        find_signer: Callable[[], Awaitable[Signs]],
    ) -> None:
        self._network = network
        self._writer = writer
        self._providers = providers
        self._find_signer = find_signer

    @property
    def name(self) -> str:
        """Say that it is our own."""
        return "our own wallet"

    @property
    def asset(self) -> str:
        """Return the code of STX: it is paid nothing, in whatever coin."""
        return STX

    async def address(self) -> str:
        """Return the wallet's address."""
        return self._writer.address_of((await self._find_signer()).public_key)

    async def price(self, fee: int) -> int:  # noqa: ARG002 - it is a present
        """Ask for nothing."""
        return 0

    async def sponsor(self, raw: bytes, units: int) -> str:  # noqa: ARG002
        """Add our signature and send, unless it is out already."""
        call = Call(SPONSORED, raw)
        asked = read_sponsored(call)
        signer = await self._find_signer()
        account = Account(self._writer.address_of(signer.public_key), signer.public_key)
        order = Order(self._network, STX, 0, account.address, "sponsored", call=call)
        if (sent := await self._sent(asked, account)) is not None:
            return sent
        try:
            price = await self._writer.rehearse(order, account)
        except (OrderHeld, OrderRefused) as error:
            raise SponsorRefused(error.message) from error
        tx_id = await self._send(order, account, signer, price)
        return tx_id or await self._said_to_be_out(asked, account)

    async def _send(
        self, order: Order, account: Account, signer: Signs, price: Price
    ) -> str | None:
        """Send with the next number that is free; None says that the payer's number is taken."""
        first = (await self._writer.standing(account)).next_pending
        for nonce in range(first, first + _TRIES_MAX):
            unsigned = self._writer.build(order, account, Slot(nonce), price)
            signatures = [await signer.sign_digest(digest) for digest in unsigned.digests]
            sealed = self._writer.seal(unsigned, account, signatures)
            match await self._writer.broadcast(sealed.raw):
                case Verdict.SENT:
                    return sealed.tx_id
                case Verdict.UNKNOWN:
                    raise ProviderTrouble("Nobody can say whether it was sent; ask again.")
                case Verdict.HOLD:
                    raise SponsorRefused("The sponsor's wallet is empty; fill it up.")
                case Verdict.DEAD:
                    return None
                case Verdict.USED | Verdict.BUMP:
                    asked = read_sponsored(Call(SPONSORED, sealed.raw))
                    if await self._sent(asked, account) is not None:
                        return None
        raise ProviderTrouble("The sponsor's wallet is busy; ask again.")

    async def _said_to_be_out(self, asked: Transaction, account: Account) -> str:
        """Return what the payer's number was used for, if we paid for it."""
        sent = await self._sent(asked, account)
        if sent is None:
            raise SponsorRefused("No node takes it: its number is used, or its call cannot be.")
        return sent

    async def _sent(self, asked: Transaction, account: Account) -> str | None:
        """Return the transaction of ours that carries the payer's number, mined or waiting."""
        payer = str(address_of(asked.origin, is_mainnet=asked.is_mainnet))
        answers = 0
        for provider in self._providers:
            try:
                found = await provider.with_number(payer, asked.origin.nonce)
            except ApiTrouble:
                continue
            answers += 1
            for one in found:
                if one.sponsor is not None and one.sponsor.address == account.address:
                    return one.tx_id.lower().removeprefix("0x")
        if answers == 0:
            raise ProviderTrouble("No provider answers; ask again.")
        return None
