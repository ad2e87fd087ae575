"""What a payer is told to do next."""

from typing import Any

import pytest

from sluice.business.payments.intents.model import Offer, PaymentIntent, Status
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.registry import Chains
from sluice.engine.chains.sandbox.addresses import SandboxAddresses, address_of
from sluice.engine.chains.sandbox.network import sandbox_network
from sluice.engine.chains.sandbox.reader import SandboxReader
from sluice.wire.next_action import show_next_action
from sluice.wire.show import Shown, View
from tests.builders import an_intent, an_offer, minutes

HERE = address_of(b"an address for usdc.")
THERE = address_of(b"an address for btc..")


@pytest.fixture
def view(chains: Chains) -> View:
    return View("https://pay.example", lambda intent_id: f"{intent_id}_secret", chains)


@pytest.fixture
def chains() -> Chains:
    network = sandbox_network()
    reader = SandboxReader(None, network)  # type: ignore[arg-type]  # nothing is read here
    return Chains({"sandbox": Chain(network, reader, SandboxAddresses(b"seed"))})


def offer(name: str, asset: str, address: str = HERE, **changes: Any) -> Offer:  # noqa: ANN401
    return an_offer(asset, id=f"off_{name}", address=address, **changes)


def shown(intent: PaymentIntent, view: View) -> Shown:
    action = show_next_action(intent, view)
    assert action is not None
    details: Shown = action["crypto_display_details"]
    return details


def tokens(details: Shown) -> list[tuple[str, str]]:
    [place] = details["deposit_addresses"].values()
    return [
        (token["token_currency"], token["expected_amount"]) for token in place["supported_tokens"]
    ]


def test_every_asset_is_shown_at_the_networks_address(view: View) -> None:
    details = shown(an_intent(offer("1", "usdc"), offer("2", "btc", due=33_334)), view)

    assert details["deposit_addresses"]["sandbox"]["address"] == HERE
    assert tokens(details) == [("usdc", "20000000"), ("btc", "33334")]


def test_only_the_newest_price_of_an_asset_is_shown(view: View) -> None:
    old, new = offer("1", "btc", due=33_334), offer("2", "btc", due=40_000)

    assert tokens(shown(an_intent(old, new), view)) == [("btc", "40000")]


def test_an_address_is_never_shown_with_what_is_paid_at_another(view: View) -> None:
    own, shared = offer("1", "usdc", HERE), offer("2", "btc", THERE, style="memo", memo="m1")

    details = shown(an_intent(own, shared), view)

    assert details["deposit_addresses"]["sandbox"]["address"] == THERE
    assert [asset for asset, _ in tokens(details)] == ["btc"]


def test_what_is_shown_holds_until_the_first_price_ends(view: View) -> None:
    short = offer("1", "usdc", valid_until=an_offer().valid_until - minutes(5))

    details = shown(an_intent(short, offer("2", "btc")), view)

    assert details["expires_at"] == int(short.valid_until.timestamp())


@pytest.mark.parametrize(
    "intent",
    [
        an_intent(status=Status.PROCESSING),
        an_intent(status=Status.SUCCEEDED),
        an_intent(status=Status.CANCELED),
        an_intent(offers=()),
    ],
    ids=["processing", "succeeded", "canceled", "not offered"],
)
def test_a_payer_who_has_nothing_to_do_is_told_nothing(intent: PaymentIntent, view: View) -> None:
    assert show_next_action(intent, view) is None
