"""A payer who holds sBTC and no STX pays a session: a wallet of ours or Bolt pays his fee."""

import asyncio
import contextlib
import http.client
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from sluice.engine.chains.stacks.clarity.model import UInt
from sluice.engine.chains.stacks.clarity.write import encode_value
from tests.house import House, running_house
from tests.integration.api.estate import SESSION
from tests.integration.stacks.conftest import NETWORK, SECRET, TABLE, Shop, a_signer
from tests.stacks.bolt import CONTRACT, NAME, OPERATOR, Service, operator_of, serving
from tests.stacks.browser_wallet import BrowserWallet
from tests.stacks.wallets import Wallet

PAY: Final = f"{NETWORK}:sbtc"
SATS: Final = 100_000


@pytest.fixture(params=["own", "bolt", "simulated"])
async def house(
    request: pytest.FixtureRequest,
    payer: Wallet,
    database_server: str,
    database_template: str,
    tmp_path: Path,
) -> AsyncIterator[House]:
    """Return a house with one of both sponsors, whose wallet has STX."""
    operator = await payer.signer.address(key=OPERATOR.hex() + "01", network="testnet")
    await payer.chain.pull("fund", address=operator, ustx="9000000")
    text = TABLE.format(name=NETWORK, url=payer.chain.url, secret=SECRET)
    async with contextlib.AsyncExitStack() as stack:
        changes: dict[str, Any] = {}
        if request.param != "bolt":
            changes["signers"] = await a_signer(tmp_path, "giver", OPERATOR)
        if request.param == "own":
            text += 'sponsor_signer = "giver"\n'
        elif request.param == "simulated":
            text += f'[{NETWORK}.bolt]\nsimulate = "giver"\n'
        else:
            contract = await payer.deploy(NAME, CONTRACT)
            url = await stack.enter_async_context(serving(Service(operator_of(payer.chain))))
            text += f'[{NETWORK}.bolt]\napi = "{url}"\ncontract = "{contract}"\n'
        networks = tmp_path / "networks.toml"
        networks.write_text(text)
        with running_house(
            database_server, database_template, tmp_path, networks=str(networks), **changes
        ) as running:
            yield running


@pytest.fixture
async def poor(payer: Wallet) -> Wallet:
    """Return a payer with sBTC alone."""
    wallet = await Wallet.of(9, payer.chain, payer.signer)
    await payer.chain.pull("mint_sbtc", address=wallet.address, sats=str(SATS))
    return wallet


async def post(shop: Shop, path: str, **fields: str) -> tuple[int, Any]:
    """Send a form as the page's script does; return the status, and the JSON that came."""
    return await asyncio.to_thread(_post, shop, path, fields)


def _post(shop: Shop, path: str, fields: dict[str, str]) -> tuple[int, Any]:
    wire = http.client.HTTPConnection("127.0.0.1", shop.house.settings.port, timeout=30)
    try:
        wire.request(
            "POST", path, urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        answer = wire.getresponse()
        body = answer.read()
    finally:
        wire.close()
    is_json = answer.headers.get_content_type() == "application/json"
    return answer.status, json.loads(body) if is_json else None


def _page(shop: Shop, path: str) -> str:
    wire = http.client.HTTPConnection("127.0.0.1", shop.house.settings.port, timeout=30)
    try:
        wire.request("GET", path)
        return wire.getresponse().read().decode()
    finally:
        wire.close()


async def a_session(shop: Shop, pay: str = PAY) -> tuple[str, str]:
    """Open a session, choose sBTC on Stacks, and return its page and its intent."""
    session = shop.api.post("/v1/checkout/sessions", SESSION)
    page = f"/c/{session['id']}"
    assert (await post(shop, page, pay=pay))[0] == 303
    return page, shop.api.get(f"/v1/checkout/sessions/{session['id']}")["payment_intent"]


async def test_a_payer_without_stx_pays_a_session(shop: Shop, poor: Wallet) -> None:
    page, intent = await a_session(shop)

    status, asked = await post(shop, f"{page}/sponsored", pay=PAY, payer=poor.address)
    assert (status, asked["params"]["sponsored"]) == (200, True)
    signed = (await BrowserWallet(poor).request(asked["method"], asked["params"]))["result"]
    given = {"pay": PAY, "payer": poor.address, "transaction": signed["transaction"]}
    first = await post(shop, f"{page}/sponsored", **given)
    second = await post(shop, f"{page}/sponsored", **given)
    await shop.mine()
    await shop.caught_up()
    await shop.burn()

    assert first[0] == second[0] == 200
    assert first[1] == second[1]
    assert await shop.chain.status_of(f"0x{first[1]['tx_id']}") == "success"
    paid = shop.api.sees(intent, "succeeded")
    assert paid["amount_received"] == paid["amount"]


async def test_nothing_else_is_sponsored(shop: Shop, poor: Wallet) -> None:
    page, _ = await a_session(shop)
    _, asked = await post(shop, f"{page}/sponsored", pay=PAY, payer=poor.address)
    wallet = BrowserWallet(poor)
    params = asked["params"]
    one = f"0x{encode_value(UInt(1)).hex()}"
    other = params | {"functionArgs": [one, *params["functionArgs"][1:]]}
    odd = [
        await wallet.signed(asked["method"], other),
        await wallet.signed(asked["method"], params | {"postConditionMode": "allow"}),
        await wallet.signed(asked["method"], {**params, "sponsored": False}),
        b"\x80",
    ]

    for raw in odd:
        told = {"pay": PAY, "payer": poor.address, "transaction": raw.hex()}
        assert (await post(shop, f"{page}/sponsored", **told))[0] == 400
    stranger = {"pay": PAY, "payer": shop.payer.address}
    signed = (await wallet.signed(asked["method"], params)).hex()
    assert (await post(shop, f"{page}/sponsored", **stranger, transaction=signed))[0] == 400
    no_hex = {"pay": PAY, "payer": poor.address, "transaction": "zz"}
    assert (await post(shop, f"{page}/sponsored", **no_hex))[0] == 400

    await shop.mine()
    stats = await shop.chain.get(f"/extended/v3/principals/{poor.address}/nonces")
    assert stats["next_nonce"] == 0


async def test_the_page_offers_it_and_says_what_it_costs(shop: Shop) -> None:
    page, _ = await a_session(shop)
    paid, free = "takes some sats for it", "pays the network's fee for you."

    said = await asyncio.to_thread(_page, shop, page)

    helper = shop.house.app.chains.find(NETWORK).sponsorship
    assert helper is not None
    by_bolt = not helper.is_free
    assert 'id="pay-sponsored"' in said
    assert "Pay without STX" in said
    assert (paid in said, free in said) == (by_bolt, not by_bolt)
    stx, _ = await a_session(shop, f"{NETWORK}:stx")
    assert "Pay without STX" not in await asyncio.to_thread(_page, shop, stx)
