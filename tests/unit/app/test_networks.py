"""The networks file: which networks are served, and what is wrong with it, by name."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sluice.app.networks import Parts, read_networks
from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.base.reach import NODES
from sluice.engine.chains.model import FINALIZED, Style

TOKEN = "0x" + "11" * 20


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    egress = Egress(NODES)
    yield Parts(egress, SystemClock(), lambda _source, _fault: None)
    await egress.close()


def file_of(tmp_path: Path, text: str) -> str:
    path = tmp_path / "networks.toml"
    path.write_text(text)
    return str(path)


async def test_no_file_means_no_networks(parts: Parts) -> None:
    assert read_networks("", parts) == []


async def test_a_network_we_know_needs_only_its_providers(parts: Parts, tmp_path: Path) -> None:
    text = '[ethereum]\nrpc = ["http://a.example", "http://b.example"]\n'

    [chain] = read_networks(file_of(tmp_path, text), parts)

    network = chain.network
    assert (network.name, network.livemode, network.assets) == ("ethereum", True, ("usdc", "usdt"))
    assert network.styles[0] is Style.ADDRESS
    assert (chain.derive, chain.deposits) == (None, None)
    assert network.finality.depth_for("usdc", 10**12) == FINALIZED


async def test_what_the_file_says_comes_before_what_we_know(parts: Parts, tmp_path: Path) -> None:
    text = """
        [polygon]
        rpc = ["http://a.example"]
        title = "Our Polygon"
        assets = ["usdc"]
        preset = "sgate"
        reorg_max = 7
        livemode = false
    """

    [chain] = read_networks(file_of(tmp_path, text), parts)

    network = chain.network
    assert (network.title, network.assets) == ("Our Polygon", ("usdc",))
    assert (network.finality.reorg_max, network.livemode) == (7, False)
    assert network.finality.depth_for("usdc", 10**12) == 1


async def test_a_network_nobody_knows_says_its_chain_and_tokens(
    parts: Parts, tmp_path: Path
) -> None:
    text = f'[mynet]\nrpc = ["http://a.example"]\nchain_id = 7\ntokens = {{usdc = "{TOKEN}"}}\n'

    [chain] = read_networks(file_of(tmp_path, text), parts)

    assert (chain.network.title, chain.network.tokens) == ("Mynet", {"usdc": TOKEN})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[ethereum]", "ethereum .* needs a list of URLs"),
        ("[ethereum]\nrpc = []", "ethereum .* needs a list of URLs"),
        ('[ethereum]\nrpc = "http://a.example"', "ethereum .* needs a list of URLs"),
        ('[ethereum]\nrpc = ["http://a"]\nrcp = 1', "ethereum .* unknown keys rcp"),
        ('[mynet]\nrpc = ["http://a"]', "mynet .* lacks chain_id, tokens"),
        ('[ethereum]\nrpc = ["http://a"]\nassets = ["stx"]', "no STX"),
        ('[ethereum]\nrpc = ["http://a"]\npreset = "hope"', "Unknown preset"),
        ("ethereum = 1", "ethereum .* is no table"),
        ("[ethereum", "Cannot read"),
    ],
)
async def test_what_is_wrong_is_said_by_name(
    parts: Parts, tmp_path: Path, text: str, why: str
) -> None:
    with pytest.raises(Invalid, match=why):
        read_networks(file_of(tmp_path, text), parts)


async def test_a_file_that_is_not_there_is_named(parts: Parts) -> None:
    with pytest.raises(Invalid, match=r"nowhere\.toml"):
        read_networks("nowhere.toml", parts)
