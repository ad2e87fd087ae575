"""Refunds through the official Python client, on the sandbox: no key, no node, a real chain."""

import http.client
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import stripe

from tests.house import until
from tests.stripe.shop import Shop, plain

# A well-formed address of the sandbox that nobody is paid at.
PAYER = "sb1112D2adLM3UKy4Z4giRbReR6gjWxnWRKs"
DEEP = 8


def final(shop: Shop, amount: int = 2000, **params: Any) -> stripe.PaymentIntent:  # noqa: ANN401
    """Sell something, and bury the payment deeper than any fork."""
    before = available(shop)
    paid = shop.sells(amount, **params)
    shop.mine(DEEP)
    until(lambda: available(shop) > before, f"{paid.id} is final")
    return paid


def available(shop: Shop) -> int:
    """Return how much USDC may be spent."""
    parts = shop.v1.balance.retrieve().available
    return sum(part.amount for part in parts if part.currency == "usdc")


def ends(shop: Shop, refund_id: str, status: str) -> stripe.Refund:
    """Mine until a refund has this status."""
    found: list[stripe.Refund] = []

    def is_so() -> bool:
        shop.mine(1)
        found[:] = [shop.v1.refunds.retrieve(refund_id)]
        return found[0].status == status

    until(is_so, f"{refund_id} is {status}")
    return found[0]


def test_a_whole_refund_reaches_the_payer_and_the_books(shop: Shop) -> None:
    paid = final(shop, metadata={"order": "1"})
    before = available(shop)

    asked: Any = {"payment_intent": paid.id, "to_address": PAYER, "metadata": {"a": "b"}}
    refund = shop.v1.refunds.create(asked)
    done = ends(shop, refund.id, "succeeded")

    assert (refund.amount, refund.currency, refund.status) == (2000, "usd", "pending")
    assert refund.charge == paid.latest_charge
    assert plain(done.metadata) == {"a": "b"}
    reference = plain(done.destination_details)["crypto"]["reference"]
    assert len(reference) == 64
    charge = shop.v1.charges.retrieve(str(paid.latest_charge))
    assert (charge.refunded, charge.amount_refunded) == (True, 2000)
    # The half per cent that the platform took comes back with the rest.
    assert (before, available(shop)) == (19_900_000, 0)
    [moved] = shop.v1.balance_transactions.list({"type": "refund"}).data
    assert (moved.amount, moved.fee, moved.net) == (-20_000_000, -100_000, -19_900_000)
    assert (moved.id, moved.source) == (done.balance_transaction, done.id)
    told = shop.hears(type="charge.refunded")
    assert plain(told[0].data.object)["amount_refunded"] == 2000
    names = [event.type for event in shop.hears(2, types=["refund.created", "refund.updated"])]
    assert names == ["refund.updated", "refund.created"]


def test_a_payment_is_refunded_in_parts_and_never_beyond(shop: Shop) -> None:
    paid = final(shop, 100)

    first: Any = {"payment_intent": paid.id, "amount": 60, "to_address": PAYER}
    shop.v1.refunds.create(first)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.refunds.create(first)
    rest: Any = {"charge": paid.latest_charge, "to_address": PAYER, "reason": "duplicate"}
    last = shop.v1.refunds.create(rest)
    with pytest.raises(stripe.InvalidRequestError) as again:
        shop.v1.refunds.create(rest)

    assert (caught.value.code, caught.value.param) == ("amount_too_large", "amount")
    assert (last.amount, last.reason) == (40, "duplicate")
    assert again.value.code == "charge_already_refunded"
    listed = shop.v1.refunds.list({"payment_intent": paid.id}).data
    assert [refund.amount for refund in listed] == [40, 60]


def test_r07_a_payment_a_fork_could_undo_is_not_refunded(shop: Shop) -> None:
    paid = shop.sells()
    asked = shop.asks()

    codes = []
    for intent_id in (paid.id, asked.id):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            shop.v1.refunds.create({"payment_intent": intent_id})
        codes.append(caught.value.code)

    assert codes == ["payment_not_final", "payment_intent_unexpected_state"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"amount": 0}, "amount_too_small"),
        ({"to_address": "sb1nobody"}, "address_invalid"),
        ({"to_address": "sb1\n"}, "parameter_invalid_characters"),
    ],
)
def test_a_refund_that_cannot_be_is_refused_and_nothing_kept(
    shop: Shop, asked: dict[str, Any], code: str
) -> None:
    paid = final(shop)
    wrong: Any = {"payment_intent": paid.id, **asked}

    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.refunds.create(wrong)

    assert caught.value.code == code
    assert caught.value.param == next(iter(asked))
    assert shop.v1.refunds.list({"payment_intent": paid.id}).data == []
    assert shop.v1.charges.retrieve(str(paid.latest_charge)).amount_refunded == 0


def test_a_refund_is_never_sent_to_where_payments_arrive(shop: Shop) -> None:
    paid = final(shop)
    other = shop.asks()
    details: Any = plain(other.next_action)["crypto_display_details"]["deposit_addresses"]
    ours = details["sandbox"]["address"]
    asked: Any = {"payment_intent": paid.id, "to_address": ours}

    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.refunds.create(asked)

    assert (caught.value.code, caught.value.param) == ("address_not_allowed", "to_address")


def test_b12_without_an_address_the_payer_is_asked_and_the_merchant_may_think_again(
    shop: Shop,
) -> None:
    paid = final(shop)

    refund = shop.v1.refunds.create({"payment_intent": paid.id, "amount": 500})
    shop.v1.refunds.update(refund.id, {"metadata": {"note": "x"}})
    canceled = shop.v1.refunds.cancel(refund.id)

    assert refund.status == "requires_action"
    action = plain(refund.next_action)
    assert action["type"] == "claim_link"
    assert action["claim_link"]["url"].startswith(shop.house.url + "/r/rc_")
    assert (canceled.status, plain(canceled.metadata)) == ("canceled", {"note": "x"})
    assert canceled.failure_balance_transaction is not None
    assert shop.v1.charges.retrieve(str(paid.latest_charge)).amount_refunded == 0
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.refunds.cancel(refund.id)
    assert caught.value.code == "refund_unexpected_state"


def test_a_refund_expands_and_repeats_under_its_key(shop: Shop) -> None:
    paid = final(shop)
    asked: Any = {"payment_intent": paid.id, "to_address": PAYER, "amount": 300}

    first = shop.v1.refunds.create(asked, {"idempotency_key": "r-1"})
    again = shop.v1.refunds.create(asked, {"idempotency_key": "r-1"})
    shown = shop.v1.refunds.retrieve(first.id, {"expand": ["charge", "balance_transaction"]})

    assert again.id == first.id
    assert isinstance(shown.charge, stripe.Charge)
    assert isinstance(shown.balance_transaction, stripe.BalanceTransaction)
    assert shown.balance_transaction.amount == -3_000_000


def opened(url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    """Open a page as a browser does, and perhaps send its form; no redirect is followed."""
    parts = urlsplit(url)
    wire = http.client.HTTPConnection(parts.netloc, timeout=15)
    try:
        if form is None:
            wire.request("GET", parts.path)
        else:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            wire.request("POST", parts.path, urlencode(form), kind)
        answer = wire.getresponse()
        return answer.status, answer.read().decode()
    finally:
        wire.close()


def test_a_payer_names_the_address_on_the_page_and_is_paid(shop: Shop) -> None:
    paid = final(shop)
    refund = shop.v1.refunds.create({"payment_intent": paid.id})
    url = plain(refund.next_action)["claim_link"]["url"]

    asked = opened(url)
    wrong = opened(url, {"address": "0x0000<script>"})
    taken = opened(url, {"address": PAYER})
    other = opened(url, {"address": "sb1nobody"})
    nobody = opened(url[:-4] + "1111")
    done = ends(shop, refund.id, "succeeded")
    shown = opened(url)

    assert asked[0] == 200
    assert "Where should your refund go?" in asked[1]
    assert wrong[0] == 400
    assert "0x0000&lt;script&gt;" in wrong[1]
    assert (taken[0], other[0], nobody[0]) == (303, 303, 404)
    assert plain(done)["crypto"]["to_address"] == PAYER
    assert "Your refund was sent" in shown[1]
