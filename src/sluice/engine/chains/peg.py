"""Peg: one network's coin becomes another's token: bitcoin paid, sBTC received.

The payer pays a deposit address. The peg's signers sweep it and mint for the merchant; what they do
not take in time goes back by the merchant's own key. The other way a wallet asks the signers for
the coin: they lock its token, and then pay, or unlock it again.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from sluice.base.errors import Invalid
from sluice.engine.chains.wallets import WalletRequest
from sluice.engine.chains.writer import Call

# A transaction's id and the place of its output.
Outpoint: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class PegTerms:
    """What holds now: the signers' key, which rotates, and how many units of the coin they take."""

    signers_key: str
    deposit_min: int | None = None
    deposit_max: int | None = None
    cap: int | None = None
    supply: int | None = None
    withdrawal_max: int | None = None
    withdrawable: int | None = None  # by everybody, at this moment


@dataclass(frozen=True, slots=True)
class PegDeposit:
    """What a deposit's address stands for; both scripts in hex."""

    address: str
    deposit_script: str
    reclaim_script: str
    lock_blocks: int
    fee_max: int


@dataclass(frozen=True, slots=True)
class PegNews:
    """How far the signers say they are. Advice: what counts is the mint on the chain."""

    status: str
    sweep_tx_id: str | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """Where a deposit goes back to, by which key of the account; the rate is per 1,000 vbytes."""

    to: str
    fee_rate: int
    key_index: int


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """The way back of one deposit, to be signed by the merchant, and what it costs."""

    psbt: str
    fee: int


@dataclass(frozen=True, slots=True)
class PegAsk:
    """The call by which a wallet asks for the coin, and the most that leaves it by the call."""

    call: Call
    units: int


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """How a withdrawal ended for good: paid by `tx_id` for this fee, or, without one, refused."""

    tx_id: str | None
    fee: int = 0


class Peg(Protocol):
    """One peg, which belongs to the network that mints."""

    @property
    def source(self) -> str:
        """Return the network whose coin is taken."""
        ...

    @property
    def asset(self) -> str:
        """Return the asset that is minted."""
        ...

    @property
    def fee_max(self) -> int:
        """Return the most that the signers may keep, where nobody says it."""
        ...

    async def terms(self) -> PegTerms:
        """Ask the network and the signers for what holds now. Raises ProviderTrouble."""
        ...

    def read_account(self, text: str) -> str:
        """Return the account whose keys take deposits back, or raise Invalid."""
        ...

    def check_amount(self, terms: PegTerms, units: int) -> None:
        """Raise Invalid for an amount that would not be minted now."""
        ...

    def offer(
        self, terms: PegTerms, recipient: str, *, account: str, index: int, units: int
    ) -> PegDeposit:
        """Return a deposit nobody else was given; raise Invalid for what would not be minted."""
        ...

    async def tell(self, deposit: PegDeposit, outpoint: Outpoint, raw: bytes) -> PegNews:
        """Tell the signers of a deposit, by the bytes of the transaction that makes it.

        Telling twice does no harm. Raises Invalid where it is not that deposit, ProviderTrouble.
        """
        ...

    async def ask(self, outpoint: Outpoint) -> PegNews | None:
        """Ask how far a deposit is; None where nobody was told of it. Raises ProviderTrouble."""
        ...

    def reclaim(self, deposit: PegDeposit, outpoint: Outpoint, raw: bytes, way: Way) -> Reclaimed:
        """Return the way back of a deposit, which nodes take after its lock."""
        ...

    def finish(
        self, deposit: PegDeposit, outpoint: Outpoint, raw: bytes, way: Way, signed: str
    ) -> str:
        """Return the transaction to send, in hex, from the signed PSBT of `reclaim`.

        Raises Invalid where it is another way, or the signature does not hold.
        """
        ...

    async def withdraw(self, to: str, units: int, *, fee_max: int) -> WalletRequest:
        """Return what a wallet signs to have the coin paid out for the token.

        Raises Invalid for what the signers would not pay, ProviderTrouble.
        """
        ...

    def read_address(self, text: str) -> str:
        """Return an address of the coin's network in its stored form, or raise Invalid."""
        ...

    def ask_for(self, terms: PegTerms, to: str, units: int, *, fee_max: int) -> PegAsk:
        """Return the call that asks for so much of the coin, and for the fee on top of it.

        Pure. Raises Invalid for what the signers would not pay.
        """
        ...

    async def asked(self, tx_id: str, to: str, units: int, *, fee_max: int) -> int:
        """Return the number that the peg gave to what a final transaction of ours asked for.

        Raises Invalid where it asked for something else, ProviderTrouble.
        """
        ...

    async def ended(self, number: int) -> Withdrawn | None:
        """Return how a withdrawal ended; None while it is open, or a fork could still undo its end.

        As many sources must agree as for everything else. Raises ProviderTrouble.
        """
        ...


def settles_of(outpoint: Outpoint) -> str:
    """Return what the transfer `settles` that is minted for an output."""
    tx_id, index = outpoint
    return f"deposit:{tx_id}:{index}"


def peg_missing(network: str) -> Invalid:
    """Return the refusal where no peg is served."""
    return Invalid(f"{network} takes no sBTC deposits here.", code="peg_missing")
