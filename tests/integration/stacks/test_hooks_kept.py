"""Hooks that the worker keeps: registered at its start, set right, and shown by the CLI."""

import asyncio
import time
from pathlib import Path
from typing import Any, Final

import pytest

from sluice.engine.watcher.hooks import keep_hooks
from tests.house import running_house
from tests.integration.stacks.conftest import NETWORK, SECRET, Shop, command, due
from tests.integration.stacks.test_chainhook import SOON_S, settled
from tests.stacks.wallets import Wallet

TABLE: Final = """
[{name}]
api = ["{url}"]
hook_secret = "{secret}"
hook_api = "{url}"
hook_version = {version}
burn_depth = 1
reorg_max = 12
block_time_s = 60.0
"""


@pytest.fixture(params=[1, 2])
async def house(
    request: pytest.FixtureRequest,
    payer: Wallet,
    database_server: str,
    database_template: str,
    tmp_path: Path,
) -> Any:  # noqa: ANN401 - a fixture's generator
    """Return a house that keeps its hooks at the chain's own service."""
    if request.param == 2:
        theirs = {"version": 2, "filters": {"events": []}, "definition": {"name": "theirs"}}
        await payer.chain.pull("chainhooks", url="http://127.0.0.1:9/", secret=SECRET, **theirs)
    networks = tmp_path / "networks.toml"
    text = TABLE.format(name=NETWORK, url=payer.chain.url, secret=SECRET, version=request.param)
    networks.write_text(text)
    with running_house(
        database_server, database_template, tmp_path, networks=str(networks)
    ) as running:
        yield running


async def hooks_at(shop: Shop) -> list[str]:
    """Return where each hook of our name posts to, as the service tells it."""
    found = (await shop.chain.get("/v1/chainhooks"))["result"]
    urls = [one["networks"]["testnet"]["then_that"]["http_post"]["url"] for one in found]
    hosted = (await shop.chain.get("/chainhooks/me/"))["results"]
    ours = [one["definition"] for one in hosted if one["definition"]["name"].startswith("sluice")]
    return urls + [one["action"]["url"] for one in ours]


async def registered(shop: Shop) -> list[str]:
    """Wait until there is a hook."""
    until_s = time.monotonic() + 20
    while time.monotonic() < until_s:
        if found := await hooks_at(shop):
            return found
        await asyncio.sleep(0.1)
    raise AssertionError("nobody registered a hook")


async def test_the_worker_registers_and_a_payment_is_seen_at_once(shop: Shop) -> None:
    assert await registered(shop) == [f"{shop.house.url}/hooks/{NETWORK}"]
    intent = shop.asks("memo")
    address, units, memo = due(intent)
    await shop.payer.pay_sbtc(address, units, memo=memo)
    await settled(shop)

    start = time.monotonic()
    await shop.chain.mine()
    shop.api.sees(intent["id"], "processing")

    assert time.monotonic() - start < SOON_S


async def test_a_hook_that_is_gone_is_registered_again(shop: Shop) -> None:
    await registered(shop)
    chain = shop.house.app.chains.find(NETWORK)
    registrar = chain.hook.registrar if chain.hook is not None else None
    assert registrar is not None
    url = f"{shop.house.url}/hooks/{NETWORK}"

    async def lose_and_keep() -> tuple[int, int]:
        for hook in await registrar.list(url):
            await registrar.remove(hook.id)
        lost = len(await registrar.list(url))
        await keep_hooks([chain], shop.house.url)
        await keep_hooks([chain], shop.house.url)
        return lost, len(await registrar.list(url))

    assert shop.house.call(lose_and_keep()) == (0, 1)


async def test_a_service_that_is_down_stops_nothing(shop: Shop) -> None:
    await registered(shop)
    rule = {"provider": "", "path": "chainhooks", "kind": "status", "status": 500}
    await shop.chain.pull("trouble", rules=[rule])
    chain = shop.house.app.chains.find(NETWORK)

    shop.house.call(keep_hooks([chain], shop.house.url))

    intent = shop.asks("memo")
    address, units, memo = due(intent)
    await shop.payer.pay_sbtc(address, units, memo=memo)
    await shop.mine()
    shop.api.sees(intent["id"], "processing")


async def test_the_command_line_shows_sets_right_and_removes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    [url] = await registered(shop)

    def run(*words: str) -> Any:  # noqa: ANN401
        return command(shop, monkeypatch, "hooks", *words)

    listed = await asyncio.to_thread(run, "list")
    well = await asyncio.to_thread(run, "health", NETWORK)
    gone = await asyncio.to_thread(run, "remove", NETWORK)
    ill = await asyncio.to_thread(run, "health")
    again = await asyncio.to_thread(run, "register")
    unknown = await asyncio.to_thread(run, "remove", NETWORK, "nothing")
    none = await asyncio.to_thread(run, "health", "sandbox")

    assert (listed.exit_code, well.exit_code, gone.exit_code) == (0, 0, 0)
    assert "listening" in listed.output
    assert url in listed.output
    assert f"{NETWORK}: ok" in well.output
    assert "removed 1" in gone.output
    assert ill.exit_code == 1
    assert "sluice hooks register" in ill.output
    assert again.exit_code == 0
    assert await hooks_at(shop) == [url]
    assert (unknown.exit_code, none.exit_code) == (1, 1)
