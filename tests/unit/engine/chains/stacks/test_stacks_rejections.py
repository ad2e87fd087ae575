"""Rejections: each word that a node has for no, the recorded ones, and words nobody knows."""

import json
from typing import Any, Final

import pytest

from sluice.engine.chains.stacks.rejections import Reason, Rejection, read_rejection
from sluice.engine.chains.stacks.sending import judge
from sluice.engine.chains.writer import Verdict
from tests.unit.engine.chains.stacks.vectors import recorded

DEAD: Final = {
    "Serialization",
    "Deserialization",
    "SignatureValidation",
    "BadTransactionVersion",
    "BadAddressVersionByte",
    "NoSuchContract",
    "NoSuchPublicFunction",
    "BadFunctionArgument",
    "ContractAlreadyExists",
    "PoisonMicroblocksDoNotConflict",
    "NoAnchorBlockWithPubkeyHash",
    "InvalidMicroblocks",
    "NoCoinbaseViaMempool",
    "NoTenureChangeViaMempool",
    "TransferRecipientCannotEqualSender",
    "TransferAmountMustBePositive",
}
LATER: Final = {
    "TooMuchChaining",
    "TemporarilyBlacklisted",
    "EstimatorError",
    "ServerFailureNoSuchChainTip",
    "ServerFailureDatabase",
    "ServerFailureOther",
}
RECORDED: Final = {
    "BadNonce": Verdict.UNKNOWN,  # the documents' example: a number ahead of its turn
    "ConflictingNonceInMempool": Verdict.BUMP,
    "NotEnoughFunds": Verdict.HOLD,
    "FeeTooLow": Verdict.BUMP,
    "TooMuchChaining": Verdict.UNKNOWN,
    "BadAddressVersionByte": Verdict.DEAD,
    "NoSuchContract": Verdict.DEAD,
    "BadFunctionArgument": Verdict.DEAD,
}


def said(reason: str, **data: object) -> Rejection:
    body: dict[str, Any] = {"error": "transaction rejected", "reason": reason, "txid": "00" * 32}
    if data:
        body["reason_data"] = data
    return read_rejection(400, json.dumps(body).encode())


def nonce(expected: int, actual: int, *, is_origin: bool = True) -> Rejection:
    return said("BadNonce", expected=expected, actual=actual, is_origin=is_origin, principal="ST")


def test_every_recorded_refusal_is_understood() -> None:
    cases = recorded("samples_broadcast_errors")["cases"]

    found = {
        case["reason"]: read_rejection(400, json.dumps(case["body"]).encode()) for case in cases
    }

    assert {reason: one.verdict for reason, one in found.items()} == RECORDED
    assert all(one.reason == reason for reason, one in found.items())


def test_every_word_of_a_node_has_a_verdict() -> None:
    verdicts = {reason.value: said(reason.value).verdict for reason in Reason}

    assert {reason for reason, verdict in verdicts.items() if verdict is Verdict.DEAD} == DEAD
    assert {reason for reason, verdict in verdicts.items() if verdict is Verdict.UNKNOWN} == LATER
    assert verdicts["ConflictingNonceInMempool"] is verdicts["FeeTooLow"] is Verdict.BUMP
    assert verdicts["NotEnoughFunds"] is Verdict.HOLD
    assert verdicts["BadNonce"] is Verdict.USED


def test_a_number_behind_is_used_and_one_ahead_waits() -> None:
    assert nonce(expected=5, actual=4).verdict is Verdict.USED
    assert nonce(expected=0, actual=4).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"{}"),
        (400, b'{"error": "transaction rejected", "reason": "SomethingOfNextYear"}'),
        (400, b'{"error": "transaction rejected"}'),
        (400, b"Bad gateway"),
        (400, b"\xff\xfe"),
        (400, b""),
        (404, b'{"error": "transaction rejected", "reason": "NoSuchContract"}'),
        (413, b"too large"),
        (429, b'{"error": "rate limit"}'),
        (500, b'{"error": "transaction rejected", "reason": "SignatureValidation"}'),
        (502, b"<html>"),
    ],
)
def test_what_nobody_understands_says_nothing_about_the_transaction(
    status: int, body: bytes
) -> None:
    rejection = read_rejection(status, body)

    assert rejection.verdict is Verdict.UNKNOWN
    assert rejection.reason is None


def test_bytes_that_are_no_transaction_are_dead() -> None:
    words = b"Failed to deserialize transaction: unexpected end of file"

    assert read_rejection(400, words).verdict is Verdict.DEAD


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ([None, said("FeeTooLow")], Verdict.SENT),
        ([said("NoSuchContract"), Rejection(None, Verdict.UNKNOWN)], Verdict.UNKNOWN),
        ([said("NoSuchContract"), said("FeeTooLow")], Verdict.BUMP),
        ([said("NotEnoughFunds"), said("BadFunctionArgument")], Verdict.HOLD),
        ([nonce(5, 4), said("FeeTooLow")], Verdict.USED),
        ([said("NoSuchContract")] * 3, Verdict.DEAD),
        ([], Verdict.UNKNOWN),
    ],
)
def test_the_most_hopeful_answer_counts(answers: list[Rejection | None], verdict: Verdict) -> None:
    assert judge(answers, is_sponsored=False) is verdict


def test_a_sponsored_transaction_dies_with_its_origins_number() -> None:
    assert judge([nonce(5, 4)], is_sponsored=True) is Verdict.DEAD
    assert judge([nonce(5, 4, is_origin=False)], is_sponsored=True) is Verdict.USED
    assert judge([nonce(4, 5)], is_sponsored=True) is Verdict.UNKNOWN
    assert judge([None, nonce(5, 4)], is_sponsored=True) is Verdict.SENT
