"""sluice sbtc: each command once as it should go, with bad words, and with nothing stored."""

import base64
import functools
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from embit.networks import NETWORKS
from embit.psbt import PSBT
from typer.testing import Result

from tests.house import until
from tests.integration.sbtc.commands import code_of
from tests.integration.sbtc.commands import run as run_command
from tests.integration.sbtc.conftest import (
    ACCOUNT,
    BITCOIN,
    LOCK_BLOCKS,
    ROOT,
    STACKS,
    Place,
    due,
)

KEY: Final = ACCOUNT.to_public().to_base58(NETWORKS["regtest"]["xpub"])
SECRET: Final = ACCOUNT.to_base58(NETWORKS["regtest"]["xprv"])
OUT: Final = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
MAIN: Final = "bc1qxp5ya32csx2eghsw6jrtl0emt3pzfwdl2nvny8"
KEPT: Final = """
SELECT (SELECT jsonb_agg(a) FROM deposit_accounts a), (SELECT jsonb_agg(c) FROM conversions c),
  (SELECT count(*) FROM payouts), (SELECT count(*) FROM sends), (SELECT seq FROM audit_head)"""

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(place: Place, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs `sluice sbtc` with the house's settings."""
    return functools.partial(run_command, place.house, monkeypatch, "sbtc")


def kept(place: Place) -> list[tuple[Any, ...]]:
    """Return all that a command could have stored."""
    return place.house.sql(KEPT)


async def test_accept_takes_the_public_key_of_an_account(place: Place, run: Run) -> None:
    before = kept(place)

    done = await run("accept", place.merchant.id, STACKS, typed=f"{KEY}\n")

    assert (done.exit_code, KEY in done.output) == (0, False)
    assert f"{place.merchant.id} takes {BITCOIN} as sbtc from now on." in done.output
    accounts = "SELECT count(*) FROM deposit_accounts WHERE merchant_id = %s"
    assert place.house.sql(accounts, place.merchant.id) == [(1,)]
    assert kept(place) != before


async def test_accept_refuses_and_keeps_nothing(place: Place, run: Run) -> None:
    stranger, before = place.house.merchant(), kept(place)

    secret = await run("accept", place.merchant.id, STACKS, typed=f"{SECRET}\n")
    nonsense = await run("accept", place.merchant.id, STACKS, typed="a key\n")
    without_peg = await run("accept", place.merchant.id, "sandbox", typed=f"{KEY}\n")
    unknown = await run("accept", place.merchant.id, "nowhere", typed=f"{KEY}\n")
    without_wallet = await run("accept", stranger.id, STACKS, typed=f"{KEY}\n")

    assert code_of(secret) == "private_key_refused"
    assert SECRET not in secret.output + str(secret.exception)
    assert code_of(nonsense) == "extended_key_invalid"
    assert code_of(without_peg) == "peg_missing"
    assert code_of(unknown) == "parameter_invalid_enum"
    assert code_of(without_wallet) == "wallet_missing"
    assert (await run("accept", place.merchant.id)).exit_code == 2
    assert kept(place) == before


async def test_list_shows_what_was_paid_and_how_far_it_is(place: Place, run: Run) -> None:
    intent, other = place.asks(), place.house.merchant()
    empty = await run("list", place.merchant.id, intent["id"])
    address, units = due(intent)
    tx_id = await place.bitcoind.pay(address, units)
    await place.mine_bitcoin()
    told = "SELECT 1 FROM conversions WHERE intent_id = %s AND told_at IS NOT NULL"
    until(lambda: place.house.sql(told, intent["id"]), "the bitcoin is seen")
    before = kept(place)

    shown = await run("list", place.merchant.id, intent["id"])
    live = await run("list", place.merchant.id, intent["id"], "--live")
    stranger = await run("list", other.id, intent["id"])

    assert (empty.exit_code, empty.output) == (0, "Nothing was paid to a deposit.\n")
    assert shown.exit_code == 0
    assert shown.output.startswith(f"pending_conversion  {units} sats  {tx_id}:")
    assert live.output == stranger.output == empty.output
    assert kept(place) == before


async def test_reclaim_prints_what_to_sign_and_then_what_to_send(place: Place, run: Run) -> None:
    intent = place.asks()
    address, units = due(intent)
    await place.bitcoind.pay(address, units)
    await place.mine_bitcoin()
    until(
        lambda: [one for one in place.conversions(intent) if one["paid"]["block_height"]], "mined"
    )
    home = await place.bitcoind.new_address()
    words = ("reclaim", place.merchant.id, intent["id"], "--to", home)
    early = await run(*words)
    await place.mine_bitcoin(LOCK_BLOCKS)
    place.watch()
    before = kept(place)

    asked = await run(*words)
    psbt = PSBT.parse(base64.b64decode(asked.stdout))
    psbt.sign_with(ROOT.derive("m/84h/1h/0h/0/0").key)
    finished = await run(*words, "--signed", psbt.to_string())
    sent = await place.bitcoind.ask("sendrawtransaction", finished.stdout.strip())

    assert code_of(early) == "not_reclaimable"
    assert (asked.exit_code, finished.exit_code) == (0, 0)
    assert f"satoshis to {home}" in asked.stderr
    assert "key 0/0" in asked.stderr
    await place.bitcoind.mine()
    assert (
        sent
        in (await place.bitcoind.ask("getblock", await place.bitcoind.ask("getbestblockhash")))[
            "tx"
        ]
    )

    unsigned = await run(*words, "--signed", asked.stdout.strip())
    nonsense = await run(*words, "--signed", "no base64!")
    other_rate = await run(*words, "--fee-rate", "9000", "--signed", psbt.to_string())
    nowhere = await run("reclaim", place.merchant.id, intent["id"], "--to", MAIN)
    nothing = await run("reclaim", place.merchant.id, "pi_nothing", "--to", home)
    another = await run(*words, "--tx", "00" * 32)
    assert code_of(unsigned) == "signature_missing"
    assert code_of(nonsense) == "psbt_invalid"
    assert code_of(other_rate) == "psbt_changed"
    assert code_of(nowhere) == "address_invalid"
    assert code_of(nothing) == code_of(another) == "resource_missing"
    assert kept(place) == before


async def test_withdraw_prints_what_a_wallet_signs(place: Place, run: Run) -> None:
    before = kept(place)

    printed = await run("withdraw", STACKS, "50000", OUT, "--fee-max", "4000")
    usual = await run("withdraw", STACKS, "50000", OUT)

    asked = json.loads(printed.output)
    assert asked["method"] == "stx_callContract"
    assert asked["params"]["functionName"] == "initiate-withdrawal-request"
    assert asked["params"]["postConditionMode"] == "deny"
    assert len(asked["params"]["postConditions"]) == 1
    assert asked["params"]["functionArgs"][0].endswith(f"{50_000:x}")
    assert asked["params"]["functionArgs"][2].endswith(f"{4_000:x}")
    assert json.loads(usual.output)["params"]["functionArgs"][2].endswith(f"{80_000:x}")
    assert kept(place) == before


async def test_withdraw_refuses_what_the_signers_would(place: Place, run: Run) -> None:
    before = kept(place)

    assert code_of(await run("withdraw", STACKS, "546", OUT)) == "amount_too_small"
    assert code_of(await run("withdraw", STACKS, str(10**9 + 1), OUT)) == "amount_too_large"
    assert code_of(await run("withdraw", STACKS, "50000", MAIN)) == "address_invalid"
    assert (
        code_of(await run("withdraw", STACKS, "50000", OUT, "--fee-max", "-1")) == "amount_invalid"
    )
    assert code_of(await run("withdraw", "sandbox", "50000", OUT)) == "peg_missing"
    assert (await run("withdraw", STACKS, "half", OUT)).exit_code == 2
    place.emily.silent = True
    assert code_of(await run("withdraw", STACKS, "50000", OUT)) == "provider_unavailable"
    assert kept(place) == before


async def test_withdrawals_of_none_says_so(place: Place, run: Run) -> None:
    none = await run("withdrawals", place.merchant.id)

    assert (none.exit_code, none.output) == (0, "No payout was asked for in bitcoin.\n")
