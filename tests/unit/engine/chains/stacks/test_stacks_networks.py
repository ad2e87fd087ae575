"""The Stacks networks we know: tokens, addresses, finality, and what the networks file may say."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sluice.app.networks import Parts, read_networks
from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.base.money.catalogue import CATALOGUE, money
from sluice.base.reach import NODES
from sluice.engine.chains.model import FINALIZED, anchored
from sluice.engine.chains.stacks.addresses import StacksAddresses
from sluice.engine.chains.stacks.principals import parse_asset
from sluice.engine.chains.stacks.tokens import (
    KNOWN,
    MAINNET,
    TESTNET,
    TokenName,
    burn_depths,
    named_tokens,
    stacks_network,
)
from sluice.engine.keys.ring import Ring
from sluice.engine.keys.signer import Signer

SP = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"
ST = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"
MAINNET_ADDRESSES = StacksAddresses(stacks_network(MAINNET), chain_id=1)
TESTNET_ADDRESSES = StacksAddresses(stacks_network(TESTNET), chain_id=0x80000000)


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    egress = Egress(NODES)
    yield Parts(egress, SystemClock(), lambda _source, _fault: None)
    await egress.close()


def test_every_token_is_an_asset_of_the_catalogue() -> None:
    for chain in KNOWN.values():
        for asset, token in chain.tokens.items():
            assert asset in CATALOGUE
            assert str(parse_asset(token)) == token


def test_lookalikes_are_seen_and_are_not_ours() -> None:
    network = stacks_network(MAINNET)

    locked = f"{MAINNET.tokens['sbtc']}-locked"
    assert network.tokens[f"unknown:{locked}"] == locked
    assert not [asset for asset in network.assets if asset.startswith("unknown:")]


def test_tokens_call_themselves_as_in_the_catalogue_unless_it_is_said() -> None:
    called = TokenName("aeUSDC", "Ethereum USDC via Allbridge")
    chain = replace(
        MAINNET, tokens={**MAINNET.tokens, "usdc": f"{SP}.x::y"}, names={"usdc": called}
    )

    found = {
        asset: name for asset, (_, name) in named_tokens(chain, ["stx", *chain.tokens]).items()
    }

    assert found == {"sbtc": ("sbtc", "sBTC"), "usdcx": ("usdcx", "USDCx"), "usdc": called}


def test_payments_wait_for_bitcoin_unless_they_are_soft() -> None:
    hard = stacks_network(MAINNET).finality
    soft = stacks_network(
        type(MAINNET)(1, "x", "X", MAINNET.tokens, soft_max={"sbtc": 500}, soft_depth=2)
    ).finality

    usual = {"stx": 10**9, "sbtc": 10**6, "usdcx": 10**9, "unknown:a": 1}
    assert {hard.depth_for(asset, units) for asset, units in usual.items()} == {FINALIZED}
    assert [soft.depth_for("sbtc", units) for units in (500, 501)] == [2, FINALIZED]
    assert soft.depth_for("stx", 1) == FINALIZED


def test_the_larger_a_payment_the_deeper_under_bitcoin() -> None:
    finality = stacks_network(MAINNET).finality
    bounds = {
        "sbtc": (100_000, 10_000_000),
        "stx": (100_000_000, 20_000_000_000),
        "usdcx": (100_000_000, 10_000_000_000),
    }

    for asset, (small, large) in bounds.items():
        depths = [finality.depth_for(asset, units) for units in (1, small, small + 1, large)]
        assert depths == [anchored(1), anchored(1), FINALIZED, FINALIZED]
        assert finality.depth_for(asset, large + 1) == anchored(6)
    assert burn_depths(MAINNET) == {1, 6}
    assert burn_depths(TESTNET) == set()


def test_all_four_tiers_of_one_asset() -> None:
    chain = replace(MAINNET, soft_max={"stx": 5}, soft_depth=2)

    finality = stacks_network(chain).finality

    units = (5, 6, 100_000_000, 100_000_001, 20_000_000_001)
    assert [finality.depth_for("stx", one) for one in units] == [
        2,
        anchored(1),
        anchored(1),
        FINALIZED,
        anchored(6),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"burn_depth": 0},
        {"small_burn_depth": 4},
        {"burn_depth": 7},
        {"large_burn_depth": 2},
        {"small_max": {"doge": 1}},
        {"large_over": {"doge": 1}},
        {"soft_max": {"doge": 1}},
        {"soft_max": {"stx": 10**12}},
        {"large_over": {"stx": 1}},
    ],
)
def test_tiers_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        stacks_network(replace(MAINNET, **changes))


def test_a_preset_may_name_more_than_is_taken() -> None:
    assert stacks_network(MAINNET, assets=["sbtc"]).finality.depth_for("sbtc", 1) == anchored(1)


def test_an_address_belongs_to_one_network() -> None:
    assert MAINNET_ADDRESSES.parse(f" {SP} ") == SP
    assert TESTNET_ADDRESSES.parse(ST) == ST
    assert MAINNET_ADDRESSES.parse(f"{SP}.shop-1") == f"{SP}.shop-1"
    for addresses, text in (
        (MAINNET_ADDRESSES, ST),
        (TESTNET_ADDRESSES, SP),
        (MAINNET_ADDRESSES, f"{ST}.shop"),
        (MAINNET_ADDRESSES, SP.lower()),
        (MAINNET_ADDRESSES, SP[:-1]),
        (MAINNET_ADDRESSES, f"{SP}."),
        (MAINNET_ADDRESSES, "SP000000000000000000002Q6VF78"),
        (MAINNET_ADDRESSES, MAINNET.tokens["sbtc"].partition("::")[0]),
    ):
        with pytest.raises(Invalid) as refused:
            addresses.parse(text)
        assert refused.value.code in {"address_invalid", "name_invalid"}


def test_a_payment_request_is_the_address_alone() -> None:
    assert MAINNET_ADDRESSES.payment_uri(SP, money(5, "sbtc"), "memo") == SP
    with pytest.raises(Invalid):
        MAINNET_ADDRESSES.payment_uri(SP, money(5, "usdt"), None)


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "networks.toml"
    path.write_text(text)
    return str(path)


async def test_a_known_network_needs_only_its_providers(parts: Parts, tmp_path: Path) -> None:
    text = '[stacks]\napi = ["https://key@a.example", "https://b.example"]\n'

    [chain] = read_networks(written(tmp_path, text), parts)

    assert chain.network.assets == ("stx", "sbtc", "usdcx")
    assert (chain.network.livemode, chain.hook) == (True, None)
    assert chain.reader.name == "2 of a.example, b.example"


async def test_the_file_says_what_differs(parts: Parts, tmp_path: Path) -> None:
    text = f"""
        [mine]
        api = ["http://a.example"]
        chain_id = 2147483648
        livemode = false
        assets = ["stx", "sbtc"]
        hook_secret = "0123456789abcdef"
        tokens = {{ sbtc = "{SP}.sbtc-token::sbtc-token" }}
        soft_max = {{ stx = 1000000 }}
    """

    [chain] = read_networks(written(tmp_path, text), parts)

    assert (chain.network.title, chain.network.assets) == ("Mine", ("stx", "sbtc"))
    assert chain.network.finality.depth_for("stx", 1_000_000) == 1
    assert chain.hook is not None
    assert chain.hook.admits("0123456789abcdef")


@pytest.mark.parametrize(
    "text",
    [
        "[stacks]\n",
        "stacks = 3\n",
        '[stacks]\nrpc = ["http://a"]\n',
        "[stacks]\napi = []\n",
        '[stacks]\napi = ["http://a"]\npreset = "sgate"\n',
        '[stacks]\napi = ["http://a"]\nassets = ["usdt"]\n',
        '[stacks]\napi = ["http://a"]\nhook_secret = "short"\n',
        '[stacks]\napi = ["http://a"]\nsoft_max = { usdt = 1 }\n',
        '[mine]\napi = ["http://a"]\n',
        '[stacks]\napi = ["http://a"]\ntokens = { sbtc = "nonsense" }\n',
    ],
)
async def test_a_wrong_table_is_refused_by_name(parts: Parts, tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid):
        read_networks(written(tmp_path, text), parts)


@pytest.mark.parametrize(
    ("name", "table", "why"),
    [
        ("stacks", 'bolt = { simulate = "giver" }', "is live, where Bolt is not simulated"),
        ("stacks_testnet", 'bolt = { simulate = "thief" }', "needs the name of a signer"),
        ("stacks_testnet", 'bolt = { simulate = "giver", api = "http://b" }', "without an api"),
        ("stacks_testnet", 'bolt = { simulate = "giver", rate = 0 }', "above 0 as rate"),
        ("stacks_testnet", "bolt = { fee_max = 0.5 }", "above 0 as fee_max"),
        ("stacks_testnet", "bolt = {}", "needs the contract of bolt"),
        ("stacks", "bolt = { price = 1 }", "may say of bolt only"),
        ("stacks", 'bolt = {}\nsponsor_signer = "giver"', "not both"),
    ],
)
async def test_a_sponsor_said_wrong_is_refused_with_the_reason(
    parts: Parts, tmp_path: Path, name: str, table: str, why: str
) -> None:
    told = replace(parts, signers=Ring({"giver": no_signer}))

    with pytest.raises(Invalid, match=why):
        read_networks(written(tmp_path, f'[{name}]\napi = ["http://a"]\n{table}\n'), told)


async def test_bolt_costs_the_payer_and_a_wallet_of_ours_does_not(
    parts: Parts, tmp_path: Path
) -> None:
    told = replace(parts, signers=Ring({"giver": no_signer}))
    tables = ("", 'sponsor_signer = "giver"', 'bolt = { simulate = "giver" }')

    helpers = []
    for table in tables:
        text = f'[stacks_testnet]\napi = ["http://a"]\n{table}\n'
        [chain] = read_networks(written(tmp_path, text), told)
        helpers.append(chain.sponsorship)

    none, own, bolt = helpers
    assert none is None
    assert own is not None
    assert bolt is not None
    assert (own.is_free, own.covers("sbtc"), own.covers("stx")) == (True, True, False)
    assert (bolt.is_free, bolt.covers("sbtc"), bolt.covers("usdcx")) == (False, True, False)


async def no_signer() -> Signer:
    raise AssertionError("nobody signs here")
