"""What became true of sends and of the wallets they leave."""

from dataclasses import dataclass

from sluice.base.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class SendFact(Fact):
    """What the facts about a send share; `reference` is the thing of ours it was for."""

    send_id: str
    reference: str
    tx_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOpened(SendFact):
    """It has its transaction; from here on only the chain says how it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendEnded(SendFact):
    """What the facts about an end share: what the network took, also for what did nothing."""

    network: str = ""
    fee_asset: str = ""
    cost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDone(SendEnded):
    """The money left, for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendFailed(SendEnded):
    """No money left, and none will."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletFact(Fact):
    """What the facts about a wallet share."""

    wallet_id: str
    network: str
    address: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletFrozen(WalletFact):
    """Nothing new leaves it until a person has looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletAlarmed(WalletFact):
    """It holds less or more than it should, or a limit stopped it for now."""
