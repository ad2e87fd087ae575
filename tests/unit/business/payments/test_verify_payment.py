"""A payment with the request is held against our own words, never against the payer's copy."""

import datetime as dt
from dataclasses import replace
from typing import Final

import pytest

from sluice.base.errors import Invalid
from sluice.business.payments.paywalls.model import (
    Payment,
    PaymentRequired,
    Reason,
    Requirement,
    Resource,
)
from sluice.business.payments.paywalls.verify import (
    SPARE_S,
    choose_requirement,
    verify_payment,
)
from sluice.engine.chains.authorization import TokenDomain
from sluice.engine.chains.evm.authorizations import authorization_digest, has_signed
from sluice.engine.chains.evm.signatures import address_of_secret, sign_digest
from sluice.wire.x402.payment import read_payment
from sluice.wire.x402.required import read_required
from tests.unit.wire.x402.vectors import HEADERS, NEGATIVE, header

REQUIRED: Final = read_required(HEADERS["PAYMENT-REQUIRED"])
ASKED: Final = REQUIRED.accepts[0]
PAYMENT: Final = read_payment(HEADERS["PAYMENT-SIGNATURE"])
WORD: Final = PAYMENT.authorization
DOMAIN: Final = TokenDomain(84532, ASKED.asset.lower(), "USDC", "2")
OPENS: Final = WORD.valid_after + 1
KEY: Final = b"\x07" * 32


def verdict(
    payment: Payment = PAYMENT,
    asked: Requirement = ASKED,
    domain: TokenDomain = DOMAIN,
    *,
    seconds: int = OPENS,
) -> Reason | None:
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return verify_payment(payment, asked, domain, at=at, has_signed=has_signed)


def judged(payment: Payment, required: PaymentRequired = REQUIRED) -> Reason | None:
    """Choose as a seller does, then verify."""
    chosen = choose_requirement(payment, required)
    return chosen if isinstance(chosen, Reason) else verdict(payment, chosen)


def signed(payment: Payment, domain: TokenDomain = DOMAIN) -> Payment:
    """Let another payer sign the payment's word."""
    word = replace(payment.authorization, payer=address_of_secret(KEY))
    signature = bytes(sign_digest(authorization_digest(domain, word), KEY))
    return replace(payment, authorization=word, signature=signature)


def test_the_specifications_payment_is_taken() -> None:
    assert choose_requirement(PAYMENT, REQUIRED) == ASKED
    assert judged(PAYMENT) is None


@pytest.mark.parametrize("name", ["value-mismatch", "recipient-mismatch", "bad-sig"])
def test_a_payment_of_something_else_is_refused(name: str) -> None:
    case = NEGATIVE[name]

    assert judged(read_payment(header(case["payload"]))) == case["expect"]


@pytest.mark.parametrize("name", ["accepted-amount-lowered", "payto-swapped-in-accepted"])
def test_the_payers_copy_is_held_against_our_own(name: str) -> None:
    payment = read_payment(header(NEGATIVE[name]["payload"]))

    assert judged(payment) is Reason.REQUIREMENTS
    assert verdict(payment) is Reason.REQUIREMENTS


def test_expired() -> None:
    case = NEGATIVE["expired"]
    payment = read_payment(header(case["payload"]))

    late = verdict(payment, seconds=WORD.valid_before + 1)

    assert late is not None
    assert case["expect"].startswith(late)


def test_a_word_is_taken_inside_its_window_only() -> None:
    last = WORD.valid_before - SPARE_S - 1

    assert verdict(seconds=WORD.valid_after) is Reason.VALID_AFTER
    assert verdict(seconds=OPENS) is None
    assert verdict(seconds=last) is None
    assert verdict(seconds=last + 1) is Reason.VALID_BEFORE


def test_each_part_of_our_requirement_counts() -> None:
    changes = [
        replace(ASKED, units=9999),
        replace(ASKED, asset=ASKED.pay_to),
        replace(ASKED, pay_to=ASKED.asset),
        replace(ASKED, timeout_s=61),
        replace(ASKED, extra={**ASKED.extra, "sluice": "x"}),
        replace(ASKED, extra={}),
    ]

    for other in changes:
        assert judged(replace(PAYMENT, accepted=other)) is Reason.REQUIREMENTS
    assert judged(replace(PAYMENT, chain_id=8453)) is Reason.NETWORK
    shouted = replace(ASKED, asset="0x" + ASKED.asset[2:].upper(), pay_to=ASKED.pay_to.lower())
    assert judged(replace(PAYMENT, accepted=shouted)) is None


def test_x09_a_payment_for_another_resource_is_refused() -> None:
    elsewhere = replace(PAYMENT, resource=Resource("https://api.example.com/b"))

    assert judged(elsewhere) is Reason.REQUIREMENTS
    assert judged(replace(PAYMENT, resource=None)) is None


def test_more_than_asked_is_refused_too() -> None:
    more = signed(replace(PAYMENT, authorization=replace(WORD, units=10001)))

    assert judged(more) is Reason.VALUE


def test_another_payers_own_word_is_taken() -> None:
    assert judged(signed(PAYMENT)) is None


def test_a_word_in_anothers_name_is_refused() -> None:
    theirs = signed(PAYMENT)

    assert judged(replace(theirs, authorization=WORD)) is Reason.SIGNATURE
    assert judged(replace(PAYMENT, signature=b"\x01" * 100)) is Reason.SIGNATURE


def test_a_word_for_another_domain_is_refused() -> None:
    for other in (
        replace(DOMAIN, name="USD Coin"),
        replace(DOMAIN, version="1"),
        replace(DOMAIN, chain_id=8453),
        replace(DOMAIN, is_salted=True),
    ):
        assert judged(signed(PAYMENT, other)) is Reason.SIGNATURE


def test_a_seller_with_the_wrong_domain_is_told() -> None:
    wrong = replace(ASKED, extra={"name": "USD Coin", "version": "2"})
    payment = replace(PAYMENT, accepted=wrong)

    assert verdict(payment, wrong) is Reason.REQUIREMENTS
    for domain in (replace(DOMAIN, chain_id=1), replace(DOMAIN, contract="0x" + "11" * 20)):
        assert verdict(domain=domain) is Reason.REQUIREMENTS


def test_a_seller_who_asks_on_another_network_is_told() -> None:
    assert verdict(asked=replace(ASKED, chain_id=1)) is Reason.NETWORK


def test_money_to_oneself_pays_nobody() -> None:
    mine = address_of_secret(KEY)
    asked = replace(ASKED, pay_to=mine)
    payment = signed(replace(PAYMENT, accepted=asked, authorization=replace(WORD, payee=mine)))

    assert verdict(payment, asked) is Reason.RECIPIENT


def test_version_1_needs_one_requirement_to_point_at() -> None:
    old = replace(PAYMENT, version=1, accepted=None, resource=None)
    two = replace(REQUIRED, accepts=[ASKED, replace(ASKED, units=1)])

    assert judged(old) is None
    assert choose_requirement(old, two) is Reason.REQUIREMENTS
    assert judged(replace(PAYMENT, accepted=None)) is Reason.REQUIREMENTS


def test_the_right_one_of_several_requirements_is_chosen() -> None:
    other = replace(ASKED, units=1)
    required = replace(REQUIRED, accepts=[other, ASKED, replace(ASKED, chain_id=1)])

    assert choose_requirement(PAYMENT, required) == ASKED
    assert choose_requirement(replace(PAYMENT, accepted=other), required) == other


@pytest.mark.parametrize("change", [{"units": 0}, {"units": 2**256}, {"timeout_s": 0}])
def test_a_requirement_asks_for_something(change: dict[str, int]) -> None:
    with pytest.raises(Invalid):
        replace(ASKED, **change)  # type: ignore[arg-type]
