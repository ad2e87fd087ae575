"""Every state has its words, and no sentence says what a payer should not read."""

import re

import pytest

from sluice.base.errors import Conflict, Invalid, NotFound, SluiceError, Throttled, Unavailable
from sluice.business.payments.conversions.model import State as Conversion
from sluice.doors.web.checkout.words import (
    State,
    notice,
    problem_of,
    say,
    say_conversion,
)

FACTS = {
    "shop": "Tea {House}",
    "due": "1.00 USDC",
    "rest": "0.50 USDC",
    "unit": "USDC",
    "arrived": "0.50 USDC",
    "surplus": "0.10 USDC",
    "stray": "1.00 USDT",
}
JARGON = re.compile(
    r"\b(mempool|reorg\w*|fork\w*|block\w*|intent|orphan\w*|session|quote|chain\w*)\b"
)


@pytest.mark.parametrize("state", State)
def test_every_state_has_plain_words(state: State) -> None:
    words = say(state, FACTS)

    assert words.heading
    assert not re.search(r"\{(?!House\})", words.heading + words.text)
    assert not JARGON.search((words.heading + " " + words.text).lower())
    assert len(words.text) < 260


@pytest.mark.parametrize("reason", ["late", "wrong_asset", "short", "canceled", "over"])
def test_money_that_does_not_count_is_said_to_be_held_by_the_shop(reason: str) -> None:
    told = notice(reason, "a coin that is not known here", "Tea House")

    assert told.startswith("A coin that is not known here")
    assert told.endswith("Tea House has it and can send it back; please get in touch with them.")


@pytest.mark.parametrize("is_delayed", [False, True])
@pytest.mark.parametrize("state", Conversion)
def test_bitcoin_that_becomes_sbtc_is_told_of_while_it_is_waited_for(
    state: Conversion, *, is_delayed: bool
) -> None:
    told = say_conversion(state, "Tea {House}", is_delayed=is_delayed)

    if state in {Conversion.MINTED, Conversion.LOST}:
        assert told is None
        return
    assert told is not None
    assert "Tea {House}" in told
    assert not JARGON.search(told.lower())
    assert ("longer" in told) is (is_delayed and state is not Conversion.RECLAIMABLE)


@pytest.mark.parametrize(
    ("error", "heading", "retry"),
    [
        (NotFound("x"), "There is no such payment", False),
        (Unavailable("x", code="rate_unavailable"), "There is no price right now", True),
        (Unavailable("x"), "One moment, please", True),
        (Conflict("x"), "One moment, please", True),
        (Throttled("x", retry_after_s=1), "That was a little fast", True),
        (SluiceError("x"), "Something went wrong here", True),
        (Invalid("x"), "That did not work", True),
    ],
)
def test_every_refusal_is_put_into_words(error: SluiceError, heading: str, *, retry: bool) -> None:
    problem = problem_of(error)

    assert (problem.heading, problem.retry) == (heading, retry)
