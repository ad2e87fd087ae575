"""ChainReader, Addresses, Keychain: what a network offers; each docstring is a tested promise."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sluice.base.errors import SluiceError
from sluice.base.money.money import Money
from sluice.engine.chains.authorization import Authorizer
from sluice.engine.chains.gateway import Gateway
from sluice.engine.chains.hook import Hook
from sluice.engine.chains.model import Block, Header, Network, Tip, Transfer
from sluice.engine.chains.outside import Outside
from sluice.engine.chains.peg import Peg
from sluice.engine.chains.sponsor import Sponsorship
from sluice.engine.chains.sweeper import Sweeper
from sluice.engine.chains.wallets import WalletOrder, WalletRequest
from sluice.engine.chains.watch import Watch
from sluice.engine.chains.writer import ChainWriter


class ProviderTrouble(SluiceError):
    """A provider did not answer, answered nonsense, or is behind. Asking again later may help."""

    default_code = "provider_unavailable"


class ProvidersDisagree(SluiceError):
    """Providers tell different stories about one height; none is believed until they agree."""

    default_code = "providers_disagree"


class WrongNetwork(SluiceError):
    """The provider serves another network than the one configured."""

    default_code = "wrong_network"


class ChainReader(Protocol):
    """Reads one network through one source. Keeps no state that matters: our tables do."""

    @property
    def name(self) -> str:
        """Return a short name of the source for logs and metrics; never a secret."""
        ...

    async def check(self) -> None:
        """Raise WrongNetwork when it serves another network, ProviderTrouble when it is silent."""
        ...

    async def tip(self) -> Tip:
        """Return the newest header the source has."""
        ...

    async def header(self, height: int) -> Header | None:
        """Return the header now at this height, or None above the tip."""
        ...

    async def blocks(self, first: int, last: int) -> Sequence[Block]:
        """Return the blocks first..last of the source's best branch, linked parent to child.

        Every transfer of a known asset that succeeded is in its block; nothing else is. The answer
        is whole or an error: never a partial list. Raises ProviderTrouble when the source cannot
        give the whole range, also when the branch changed while it was being read.
        """
        ...

    async def pending(self) -> Sequence[Transfer]:
        """Return transfers waiting to be included, as a hint; empty where the source cannot say."""
        ...


class Addresses(Protocol):
    """What one network's addresses look like."""

    def parse(self, text: str) -> str:
        """Return the address in its one stored form, or raise Invalid: `address_invalid`."""
        ...

    def show(self, address: str) -> str:
        """Return the stored form as people expect to read it."""
        ...

    def payment_uri(self, address: str, money: Money, memo: str | None) -> str:
        """Return what a wallet understands when it scans or opens it."""
        ...


class Keychain(Protocol):
    """Addresses below an account's public key: made here, spent only by the account's owner."""

    def read(self, text: str) -> str:
        """Return the account in its one stored form, or raise Invalid, repeating nothing of it.

        Whatever could spend is refused as `private_key_refused`, and never kept; so is an account
        of several signers, of another network, or mistyped, each under its own code.
        """
        ...

    def address(self, account: str, index: int) -> str:
        """Return the receiving address at this index of a stored account."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of something on the network that payments rely on, such as a contract."""

    subject: str
    is_right: bool
    detail: str


class Inspect(Protocol):
    """Looks at what payments rely on there; of an asset whose token is wrong nothing is offered."""

    tokens: Mapping[str, str]  # by asset, the subject of the finding about its token

    @property
    def subjects(self) -> Collection[str]:
        """Return the subjects of everything that is found."""
        ...

    async def __call__(self) -> Sequence[Finding]:
        """Return what was found. Raises ProviderTrouble when too few sources answer."""
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A transfer, and the block in which we believe it is."""

    transfer: Transfer
    block_hash: str


@dataclass(frozen=True, slots=True)
class Deposits:
    """Addresses that can only pay one destination, one for each reference.

    `subject` names what must have been found right on the network before an address is shown.
    """

    subject: str
    address_for: Callable[[str, str], str]  # (reference, destination)
    salt_for: Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Chain:
    """A configured network and the parts that serve it."""

    network: Network
    reader: ChainReader
    addresses: Addresses
    # An address of its own for a reference, where we can.
    derive: Callable[[str], str] | None = None
    # Addresses of a merchant's own account, where his wallet makes them from one public key.
    keychain: Keychain | None = None
    # An address of its own for a reference that pays a wallet, where contracts can do that.
    deposits: Deposits | None = None
    # Empties such addresses, where somebody pays for it.
    sweeper: Sweeper | None = None
    # Looks at contracts that payments rely on, where there are any.
    inspect: Inspect | None = None
    # Reads transfers a second time in another way, and returns those that enough sources confirm.
    reread: Callable[[Sequence[Claim]], Awaitable[Sequence[Claim]]] | None = None
    # The recipients whose memos are worth a request; kept up by the watcher.
    wanted: set[str] | None = None
    # The addresses worth noticing where blocks hold far more than ours; kept up by the watcher.
    watch: Watch | None = None
    # Who may tell us that there is news; without it nobody is listened to.
    hook: Hook | None = None
    # Lets go of what its sources hold open.
    close: Callable[[], Awaitable[None]] | None = None
    # Payers' words for its tokens, where they take any.
    authorizer: Authorizer | None = None
    # What sends on it; without one, payouts are signed elsewhere.
    writer: ChainWriter | None = None
    # What shows transactions to wallets outside and takes them back signed.
    outside: Outside | None = None
    # A contract of ours that takes payments and names them, where one is served.
    gateway: Gateway | None = None
    # What a payer's browser wallet is asked, so that he signs exactly what is due.
    ask_wallet: Callable[[WalletOrder], WalletRequest] | None = None
    # Whether an address signed a text; asks the network where a contract must say so.
    has_signed: Callable[[str, str, bytes], Awaitable[bool]] | None = None
    # The public key of the wallet that the network gives each merchant by itself, where it does.
    vault: Callable[[str], bytes] | None = None
    # Another network's coin that becomes an asset of this one.
    peg: Peg | None = None
    # The bytes of a transaction by its id and its block's height, where others must be shown them.
    fetch_raw: Callable[[str, int], Awaitable[bytes | None]] | None = None
    # Somebody who pays the network's fee for payers who cannot.
    sponsorship: Sponsorship | None = None
