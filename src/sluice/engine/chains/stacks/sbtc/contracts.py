"""The contracts of sBTC on each network, told by the token that a network carries."""

from typing import Final

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.principals import (
    MAINNET_MULTI,
    MAINNET_SINGLE,
    TESTNET_MULTI,
    TESTNET_SINGLE,
    Address,
    Asset,
    Contract,
    Principal,
    parse_asset,
)

_NAME: Final = "sbtc-token"
_MAINNET: Final = frozenset({MAINNET_SINGLE, MAINNET_MULTI})
_TESTNET: Final = frozenset({TESTNET_SINGLE, TESTNET_MULTI})


class SbtcContracts(msgspec.Struct, frozen=True):
    """One deployer, and the contracts it deployed (stacks-sbtc/sbtc, `contracts`)."""

    deployer: Address

    @classmethod
    def of_token(cls, asset_id: str) -> "SbtcContracts":
        """Return the contracts beside such as `SM….sbtc-token::sbtc-token`. Raises Invalid."""
        asset = parse_asset(asset_id)
        if asset.name != _NAME or asset.contract.name != _NAME:
            raise Invalid(f"{asset_id} is not sBTC.", code="asset_not_on_network")
        return cls(asset.contract.address)

    @property
    def token(self) -> Asset:
        """Return the token that circulates; the one that is locked is another."""
        return Asset(Contract(self.deployer, _NAME), _NAME)

    @property
    def registry(self) -> Contract:
        """Return the contract that keeps deposits, withdrawals and the signers' key."""
        return Contract(self.deployer, "sbtc-registry")

    @property
    def withdrawal(self) -> Contract:
        """Return the contract that withdrawals are asked of."""
        return Contract(self.deployer, "sbtc-withdrawal")


def is_of(principal: Principal, *, is_mainnet: bool) -> bool:
    """Return whether a principal is of mainnet, or of the test networks."""
    address = principal.address if isinstance(principal, Contract) else principal
    return address.version in (_MAINNET if is_mainnet else _TESTNET)
