"""How much may be deposited and withdrawn, and what the fees must leave. Pure; satoshis all.

Emily tells the limits, and they change; the signers hold to them, the contracts only to the dust.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from sluice.base.errors import Invalid

# Below this the contracts mint nothing and pay nothing out (`dust-limit`).
DUST_SATS: Final = 546
# What the `sbtc` package lets the signers take at most.
FEE_MAX_DEFAULT_SATS: Final = 80_000


class Caps(msgspec.Struct, frozen=True):
    """Limits of one account, or of all; None where nothing is limited."""

    peg_cap: int | None = None  # how much sBTC there may be
    deposit_min: int | None = None
    deposit_max: int | None = None
    withdrawal_max: int | None = None
    rolling_blocks: int | None = None
    rolling_max: int | None = None  # of all withdrawals within so many blocks


class Limits(msgspec.Struct, frozen=True):
    """What holds for all, what is still free of the rolling limit, and what accounts differ in."""

    caps: Caps
    withdrawable: int | None = None
    accounts: Mapping[str, Caps] = {}

    def of(self, account: str) -> Caps:
        """Return what holds for an account: its own limits, and else everybody's."""
        own = self.accounts.get(account, Caps())
        return Caps(
            *(
                everybodys if mine is None else mine
                for mine, everybodys in zip(
                    msgspec.structs.astuple(own), msgspec.structs.astuple(self.caps), strict=True
                )
            )
        )


def check_deposit_amount(
    sats: int, *, fee_max_sats: int, limits: Limits, supply_sats: int | None = None
) -> None:
    """Refuse a deposit that the signers would leave alone. Raises Invalid.

    `supply_sats` is how much sBTC there is; without it the cap on all of it is not looked at.
    Codes: `amount_too_small`, `amount_too_large`, `sbtc_cap_reached`.
    """
    caps = limits.caps
    least = least_deposit(fee_max_sats=fee_max_sats, limits=limits)
    if sats < least:
        raise Invalid(
            f"A deposit needs {least} satoshis or more; less comes back only after its lock.",
            code="amount_too_small",
        )
    if caps.deposit_max is not None and sats > caps.deposit_max:
        raise Invalid(
            f"One deposit may be {caps.deposit_max} satoshis at most.", code="amount_too_large"
        )
    room = None if caps.peg_cap is None or supply_sats is None else caps.peg_cap - supply_sats
    if room is not None and sats > room:
        raise Invalid(
            f"There may be {max(room, 0)} satoshis more in sBTC now; try later.",
            code="sbtc_cap_reached",
        )


def least_deposit(*, fee_max_sats: int, limits: Limits) -> int:
    """Return the smallest deposit that is minted even when the signers take the whole fee."""
    return max(fee_max_sats + DUST_SATS, limits.caps.deposit_min or 0)


def minted_sats(sats: int, *, fee_max_sats: int) -> range:
    """Return what a deposit can become: the fee taken is the signers' share of what they pay."""
    return range(max(sats - fee_max_sats, 0), sats + 1)


def check_withdrawal_amount(sats: int, *, limits: Limits) -> None:
    """Refuse a withdrawal that the contract or the signers would. Raises Invalid.

    `sats` is what the recipient gets; the fee is locked on top of it. Codes: `amount_too_small`,
    `amount_too_large`, `sbtc_cap_reached`.
    """
    if sats <= DUST_SATS:
        raise Invalid(f"A withdrawal is more than {DUST_SATS} satoshis.", code="amount_too_small")
    most = limits.caps.withdrawal_max
    if most is not None and sats > most:
        raise Invalid(f"One withdrawal may be {most} satoshis at most.", code="amount_too_large")
    if limits.withdrawable is not None and sats > limits.withdrawable:
        raise Invalid(
            f"{limits.withdrawable} satoshis may be withdrawn by everybody now; try later.",
            code="sbtc_cap_reached",
        )
