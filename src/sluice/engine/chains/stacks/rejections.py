"""What a node meant by refusing a transaction, and what can be done about it. Pure.

The words are stacks-core's (`MemPoolRejection::into_json`). What we do not understand says nothing
about the transaction: some node may have it.
"""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from sluice.engine.chains.writer import Verdict


class Reason(StrEnum):
    """Why a node refused it, in the node's words."""

    SERIALIZATION = "Serialization"
    DESERIALIZATION = "Deserialization"
    SIGNATURE_VALIDATION = "SignatureValidation"
    BAD_TRANSACTION_VERSION = "BadTransactionVersion"
    BAD_ADDRESS_VERSION = "BadAddressVersionByte"
    BAD_NONCE = "BadNonce"
    CONFLICTING_NONCE = "ConflictingNonceInMempool"
    TOO_MUCH_CHAINING = "TooMuchChaining"
    FEE_TOO_LOW = "FeeTooLow"
    NOT_ENOUGH_FUNDS = "NotEnoughFunds"
    NO_SUCH_CONTRACT = "NoSuchContract"
    NO_SUCH_FUNCTION = "NoSuchPublicFunction"
    BAD_ARGUMENT = "BadFunctionArgument"
    CONTRACT_EXISTS = "ContractAlreadyExists"
    POISON_PUBLIC_KEYS = "PoisonMicroblocksDoNotConflict"
    POISON_ANCHORS = "NoAnchorBlockWithPubkeyHash"
    POISON_INVALID = "InvalidMicroblocks"
    NO_COINBASE = "NoCoinbaseViaMempool"
    NO_TENURE_CHANGE = "NoTenureChangeViaMempool"
    SELF_TRANSFER = "TransferRecipientCannotEqualSender"
    ZERO_TRANSFER = "TransferAmountMustBePositive"
    BLACKLISTED = "TemporarilyBlacklisted"
    ESTIMATOR = "EstimatorError"
    NO_CHAIN_TIP = "ServerFailureNoSuchChainTip"
    DATABASE = "ServerFailureDatabase"
    OTHER = "ServerFailureOther"


class Rejection(NamedTuple):
    """A node's refusal: why, and for `BadNonce` whose number it is about and on which side."""

    reason: Reason | None  # None: in words we do not know
    verdict: Verdict
    is_origin: bool = True
    text: str = ""


def read_rejection(status: int, body: bytes) -> Rejection:
    """Say what an answer other than 200 means.

    A `ConflictingNonceInMempool` may be about this very transaction, which the node has already:
    who broadcasts asks for its id before believing the verdict.
    """
    if status != HTTPStatus.BAD_REQUEST:
        return Rejection(None, Verdict.UNKNOWN, text=f"status {status}")
    try:
        said = _BODY.decode(body)
    except msgspec.DecodeError:
        return _plain(body)
    if said.reason not in _KNOWN:
        return Rejection(None, Verdict.UNKNOWN, text=f"{said.error} {said.reason}"[:_TEXT_MAX])
    reason = Reason(said.reason)
    data = said.reason_data or _Data()
    text = data.message or said.reason
    if reason is not Reason.BAD_NONCE:
        return Rejection(reason, _VERDICTS[reason], text=text[:_TEXT_MAX])
    # A number that others must use first waits for them; one that lies behind us is used up.
    is_ahead = (
        isinstance(data.actual, int)
        and isinstance(data.expected, int)
        and data.actual > data.expected
    )
    verdict = Verdict.UNKNOWN if is_ahead else Verdict.USED
    return Rejection(reason, verdict, data.is_origin, text)


def _plain(body: bytes) -> Rejection:
    """Read what a node says of bytes that it cannot take for a transaction: words, no JSON."""
    text = body[:_TEXT_MAX].decode("utf-8", "replace")
    is_about_bytes = "eserializ" in text or "Failed to decode" in text
    verdict = Verdict.DEAD if is_about_bytes else Verdict.UNKNOWN
    return Rejection(Reason.DESERIALIZATION if is_about_bytes else None, verdict, text=text)


class _Data(msgspec.Struct, frozen=True):
    """Numbers of `BadNonce`; amounts of other reasons are hex and are not read."""

    expected: int | str | None = None
    actual: int | str | None = None
    is_origin: bool = True
    message: str = ""


class _Body(msgspec.Struct, frozen=True):
    error: str
    reason: str = ""
    reason_data: _Data | None = None


_BODY: Final = msgspec.json.Decoder(_Body)
_TEXT_MAX: Final = 200
_KNOWN: Final = frozenset(reason.value for reason in Reason)
_VERDICTS: Final[Mapping[Reason, Verdict]] = MappingProxyType(
    dict.fromkeys(Reason, Verdict.DEAD)
    | {
        Reason.CONFLICTING_NONCE: Verdict.BUMP,
        Reason.FEE_TOO_LOW: Verdict.BUMP,
        Reason.NOT_ENOUGH_FUNDS: Verdict.HOLD,
        # Twenty-five may wait in a row; it fits when some of those before it are mined.
        Reason.TOO_MUCH_CHAINING: Verdict.UNKNOWN,
        # About the node, not about the transaction.
        Reason.BLACKLISTED: Verdict.UNKNOWN,
        Reason.ESTIMATOR: Verdict.UNKNOWN,
        Reason.NO_CHAIN_TIP: Verdict.UNKNOWN,
        Reason.DATABASE: Verdict.UNKNOWN,
        Reason.OTHER: Verdict.UNKNOWN,
    }
)
