"""Show what a transaction does and what may move, as JSON."""

from typing import Final

import msgspec

from sluice.engine.chains.stacks.clarity.model import (
    NONE,
    Absent,
    Buffer,
    Some,
    UInt,
    Value,
)
from sluice.engine.chains.stacks.clarity.show import Plain, show_value
from sluice.engine.chains.stacks.principals import Address, Contract
from sluice.engine.chains.stacks.transactions.payloads import (
    Coinbase,
    ContractCall,
    MicroblockHeader,
    Payload,
    PoisonMicroblock,
    SmartContract,
    TenureChange,
    TokenTransfer,
)
from sluice.engine.chains.stacks.transactions.post_conditions import (
    FungibleCondition,
    NonFungibleCondition,
    Origin,
    PostCondition,
    PoxCondition,
    StakingCondition,
    StxCondition,
)

_CONDITIONS: Final[dict[type[PostCondition], str]] = {
    StxCondition: "stx",
    FungibleCondition: "fungible",
    NonFungibleCondition: "non_fungible",
    StakingCondition: "staking",
    PoxCondition: "pox",
}
# SIP-010's transfer has four arguments; some older tokens have no memo.
_TRANSFER_ARGUMENTS: Final = (3, 4)


def show_payload(payload: Payload) -> Plain:
    """Return a payload with its type."""
    match payload:
        case TokenTransfer(recipient, amount, memo):
            shown = {"recipient": str(recipient), "amount": str(amount), "memo_hex": memo.hex()}
            return {"type": "token_transfer", **shown}
        case ContractCall(contract, function, arguments):
            shown_arguments = [show_value(argument) for argument in arguments]
            return {
                "type": "contract_call",
                "contract": str(contract),
                "function": function,
                "arguments": shown_arguments,
            }
        case SmartContract(name, code, version):
            kind = "smart_contract" if version is None else "versioned_smart_contract"
            named = {"contract_name": name, "code_body": code}
            return {"type": kind, "clarity_version": version, **named}
        case PoisonMicroblock(first, second):
            headers = {"first": _fields(first), "second": _fields(second)}
            return {"type": "poison_microblock", **headers}
        case Coinbase():
            return _coinbase(payload)
        case TenureChange():
            return {
                "type": "tenure_change",
                **_fields(payload),
                "cause": payload.cause.name.lower(),
            }


def show_intent(payload: Payload) -> Plain:
    """Return who gets what, where a payload is a plain transfer or a deployment, else nothing."""
    match payload:
        case TokenTransfer(recipient, amount, memo):
            shown = {"recipient": str(recipient), "amount": str(amount)}
            return {**shown, "memo": _text(memo.rstrip(b"\0"))}
        case SmartContract(name, code):
            return {"contract_name": name, "code_body": code}
        case ContractCall(function="transfer", arguments=arguments):
            return _token_transfer(arguments)
    return {}


def show_post_condition(condition: PostCondition) -> Plain:
    """Return a post-condition with its type, its code in words."""
    is_origin = isinstance(condition.principal, Origin)
    shown: Plain = {
        "type": _CONDITIONS[type(condition)],
        "principal": "origin" if is_origin else str(condition.principal),
    }
    if isinstance(condition, FungibleCondition | NonFungibleCondition):
        shown["asset"] = str(condition.asset)
    if isinstance(condition, NonFungibleCondition):
        shown["token"] = show_value(condition.token)
    shown["code"] = condition.code.name.lower()
    if not isinstance(condition, NonFungibleCondition | PoxCondition):
        shown["amount"] = str(condition.amount)
    return shown


def _token_transfer(arguments: tuple[Value, ...]) -> Plain:
    """Return the parts of SIP-010's transfer; nothing where the arguments are others."""
    if len(arguments) not in _TRANSFER_ARGUMENTS:
        return {}
    amount, sender, recipient, memo = (*arguments, NONE)[:4]
    match amount, sender, recipient:
        case UInt(units), Address() | Contract(), Address() | Contract():
            parties = {"sender": str(sender), "recipient": str(recipient), "amount": str(units)}
            return {**parties, "memo": _memo(memo)} if isinstance(memo, Absent | Some) else {}
    return {}


def _memo(memo: Absent | Some) -> str | None:
    match memo:
        case Some(Buffer(data)):
            return _text(data)
    return None


def _text(data: bytes) -> str | None:
    """Return bytes as text; None where they are none."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _coinbase(payload: Coinbase) -> Plain:
    recipient = None if payload.recipient is None else str(payload.recipient)
    if payload.vrf_proof is None:
        kind = "coinbase" if recipient is None else "coinbase_to_alt"
        shown: Plain = {"type": kind, "commitment": payload.commitment.hex()}
        return shown if recipient is None else shown | {"recipient": recipient}
    return {
        "type": "nakamoto_coinbase",
        "commitment": payload.commitment.hex(),
        "recipient": recipient,
        "vrf_proof": payload.vrf_proof.hex(),
    }


def _fields(noun: MicroblockHeader | TenureChange) -> Plain:
    """Return a noun's fields, bytes in hex."""
    fields = msgspec.structs.asdict(noun)
    return {k: v.hex() if isinstance(v, bytes) else v for k, v in fields.items()}
