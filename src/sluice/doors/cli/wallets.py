"""sluice wallets: create, list, status, limits, payout-address, freeze, unfreeze; and outside."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import zip_longest
from typing import Annotated, Final

import msgspec
import typer

from sluice.app.app import App
from sluice.base.money.catalogue import asset_of, find_asset, money
from sluice.business.accounts.merchants.edit import find_merchant
from sluice.business.payments.conversions.accept import peg_of
from sluice.business.trust.audit.record import record_action
from sluice.doors.cli.outside import key_of, signed, unsigned
from sluice.doors.cli.run import table, with_app
from sluice.engine.chains.writer import Account
from sluice.engine.sender.edit import (
    change_limits,
    list_wallets,
    open_wallet,
    set_payout_address,
    set_withdraw_address,
    writer_of,
)
from sluice.engine.sender.freeze import find_any, freeze_wallet, thaw_wallet
from sluice.engine.sender.model import HotWallet, Limits

app = typer.Typer(help="Wallets that Sluice signs for; without one it only watches.",
                  no_args_is_help=True)  # fmt: skip

# Alert below 1,000 dollars; block when gas would cost more than 50.
_LOW_STABLE: Final = 1000
_GAS_STABLE: Final = 50
_STABLE: Final = ("usdc", "usdt")

_PLAIN: Final = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
# EVM networks' own coins have this many places; the others' coins are assets of ours.
_EVM_DECIMALS: Final = 18

WalletId = Annotated[str, typer.Argument(help="hw_…")]
Amounts = Annotated[
    list[str] | None,
    typer.Option(help="ASSET=AMOUNT in whole coins, such as usdc=500, or usdc=none; repeat."),
]
FeeMax = Annotated[
    int | None,
    typer.Option(min=1, help="What one transaction may cost, in the coin's smallest unit."),
]
CarryMin = Annotated[
    list[str] | None,
    typer.Option(help="ASSET=AMOUNT from which on it pays the fee of payments that payers sign."),
]
SweepMin = Annotated[
    list[str] | None,
    typer.Option(help="ASSET=AMOUNT from which on it brings a deposit address's money home."),
]
CoinUsd = Annotated[
    str | None,
    typer.Option(help="The stablecoin gateway's limits: gas above 50 dollars is refused at this "
                 "price of the network's coin, balances below 1,000 dollars are told."),
]  # fmt: skip


PublicKeyHex = Annotated[
    str | None, typer.Option(help="33 bytes in hex: the key of a wallet outside.")
]


@app.command("create")
def create(
    merchant: Annotated[str, typer.Argument(help="acct_…")],
    network: Annotated[str, typer.Argument(help="Such as polygon.")],
    signer: Annotated[
        str, typer.Argument(help="The signer's name in the signers file; outside: your own wallet.")
    ],
    public_key: PublicKeyHex = None,
    fee_max: FeeMax = None,
    send_max: Amounts = None,
    day_max: Amounts = None,
    low: Amounts = None,
    high: Amounts = None,
    carry_min: CarryMin = None,
    sweep_min: SweepMin = None,
    coin_usd: CoinUsd = None,
) -> None:
    """Give a merchant a hot wallet on a network, whose key the named signer holds."""
    if fee_max is None and coin_usd is None:
        raise typer.BadParameter(
            "say what a transaction may cost: --fee-max, or --coin-usd for the usual limits"
        )
    outside_key = key_of(signer, public_key)
    price = None if coin_usd is None else _price(coin_usd)
    given = _limits(Limits(), fee_max, send_max, day_max, low, high, carry_min, sweep_min)

    async def run(built: App) -> None:
        chain = built.chains.find(network)
        key = outside_key or (await built.signers.signer(signer)).public_key
        writer = writer_of(chain)
        limits = given if price is None else _stable(given, price, writer.fee_asset)
        address = writer.address_of(key)
        standing = await writer.standing(Account(address, key))
        async with built.works.begin() as work:
            owner = await find_merchant(work, merchant)
            wallet = await open_wallet(
                work,
                chain,
                key,
                signer,
                owner=(owner.id, chain.network.livemode),
                limits=limits,
                standing=standing,
            )
            await record_action(
                work, "hot_wallet.created", wallet.id, {"network": network, "signer": signer}
            )
        typer.echo(f"{wallet.id}  {chain.addresses.show(address)}\nFill it up to let it send.")

    with_app(run)


@app.command("list")
def list_all() -> None:
    """List every hot wallet, oldest first."""

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            found = await list_wallets(work)
        rows = [
            (one.id, one.merchant_id, one.network, one.address, one.frozen_reason or "sends")
            for one in found
        ]
        typer.echo(table(rows) if rows else "No hot wallet: payouts are signed elsewhere.")

    with_app(run)


@app.command("status")
def status(wallet_id: WalletId) -> None:
    """Ask the network how a wallet stands, beside what Sluice believes."""

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            wallet = await find_any(work, wallet_id)
        standing = await writer_of(built.chains.find(wallet.network)).standing(wallet.account)
        typer.echo(f"{wallet.id}  {wallet.network}  {wallet.address}")
        typer.echo(f"frozen: {wallet.frozen_reason or 'no'}")
        typer.echo(f"next number: ours {wallet.next_nonce}, mined {standing.next_mined}, "
                   f"pending {standing.next_pending}")  # fmt: skip
        for asset, units in sorted(standing.balances.items()):
            shown = money(units, asset) if asset_of(asset).decimals else f"{units} {asset}"
            typer.echo(f"holds {shown}")

    with_app(run)


@app.command("limits")
def limits(
    wallet_id: WalletId,
    fee_max: FeeMax = None,
    send_max: Amounts = None,
    day_max: Amounts = None,
    low: Amounts = None,
    high: Amounts = None,
    carry_min: CarryMin = None,
    sweep_min: SweepMin = None,
) -> None:
    """Bound a wallet anew; what is left out stays as it is."""
    _limits(Limits(), fee_max, send_max, day_max, low, high, carry_min, sweep_min)

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            wallet = await find_any(work, wallet_id)
            new = _limits(
                wallet.limits, fee_max, send_max, day_max, low, high, carry_min, sweep_min
            )
            await change_limits(work, wallet, new)
            await record_action(work, "hot_wallet.limited", wallet.id, msgspec.to_builtins(new))
        typer.echo(f"{wallet_id} has new limits.")

    with_app(run)


@app.command("payout-address")
def payout_address(
    wallet_id: WalletId,
    address: Annotated[str, typer.Argument(help="Where payouts go.")],
    arrives_on: Annotated[
        str | None,
        typer.Option(help="The network of the address, if another: bitcoin, for sBTC."),
    ] = None,
) -> None:
    """Set where payouts go; a changed address is used after a day."""

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            wallet = await find_any(work, wallet_id)
            chain = built.chains.find(wallet.network)
            if arrives_on in {None, chain.network.name}:
                since = await set_payout_address(work, chain, wallet, address)
            elif arrives_on == peg_of(chain).source:
                since = await set_withdraw_address(work, peg_of(chain), wallet, address)
            else:
                raise typer.BadParameter(f"{wallet.network} pays nothing out on {arrives_on}")
            await record_action(work, "payout_address.set", wallet.id, {"address": address})
        typer.echo(f"Payouts of {wallet_id} go to {address} from {since:%Y-%m-%d %H:%M} UTC on.")

    with_app(run)


@app.command("freeze")
def freeze(
    wallet_id: WalletId,
    reason: Annotated[str, typer.Option(help="Why, for whoever looks later.")] = "by hand",
) -> None:
    """Let nothing new leave a wallet; what is out already is followed to its end."""

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            wallet = await find_any(work, wallet_id)
            if wallet.is_frozen:
                typer.echo(f"{wallet_id} is frozen already: {wallet.frozen_reason}")
                return
            await freeze_wallet(work, wallet, reason)
            await record_action(work, "hot_wallet.frozen", wallet.id, {"reason": reason})
        typer.echo(f"{wallet_id} is frozen.")

    with_app(run)


@app.command("unfreeze")
def unfreeze(wallet_id: WalletId) -> None:
    """Let a wallet send again after you have looked.

    Orders whose number a stranger's transaction used up end as failed; nothing is sent twice.
    """

    async def run(built: App) -> None:
        wallet: HotWallet = await thaw_wallet(built.sending, wallet_id)
        async with built.works.begin() as work:
            await record_action(work, "hot_wallet.unfrozen", wallet.id, {})
        typer.echo(f"{wallet_id} sends again.")

    with_app(run)


app.command("unsigned")(unsigned)
app.command("signed")(signed)


def _limits(old: Limits, fee_max: int | None, *amounts: list[str] | None) -> Limits:
    """Return limits with what is said now in place of what was."""
    was = (old.send_max, old.day_max, old.low, old.high, old.carry_min, old.sweep_min)
    kinds = [_units(held, said or []) for held, said in zip_longest(was, amounts)]
    return Limits(fee_max or old.fee_max, *kinds)


def _units(held: Mapping[str, int], given: list[str]) -> dict[str, int]:
    found = dict(held)
    for text in given:
        code, _, amount = text.partition("=")
        asset = find_asset(code.strip().lower())
        if amount == "none":
            found.pop(asset.code, None)
            continue
        if not _PLAIN.fullmatch(amount):
            raise typer.BadParameter(f"say it as {code}=500, not {text}")
        units = Decimal(amount) * asset.scale
        if units != units.to_integral_value():
            raise typer.BadParameter(f"{amount} is no whole number of {code}'s smallest units")
        found[asset.code] = int(units)
    return found


def _price(text: str) -> Decimal:
    if not _PLAIN.fullmatch(text) or not Decimal(text):
        raise typer.BadParameter(f"--coin-usd is a price such as 3000.50, not {text}")
    return Decimal(text)


def _stable(limits: Limits, coin_usd: Decimal, coin: str) -> Limits:
    """Return the stablecoin gateway's limits where none are said: by dollars, at a coin's price."""
    fee_max = int(_GAS_STABLE / coin_usd * 10 ** (asset_of(coin).decimals or _EVM_DECIMALS))
    low = {code: _LOW_STABLE * find_asset(code).scale for code in _STABLE}
    return replace(limits, fee_max=limits.fee_max or fee_max, low=low | dict(limits.low))
