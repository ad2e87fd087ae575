"""Transactions of every kind, built here: what the vectors of others leave out."""

from typing import Final

from sluice.engine.chains.stacks.clarity.model import (
    FALSE,
    NONE,
    TRUE,
    Ascii,
    Buffer,
    Err,
    Int,
    ListOf,
    Ok,
    Some,
    UInt,
    Utf8,
    tuple_of,
)
from sluice.engine.chains.stacks.keys import KeyEncoding, SecretKey
from sluice.engine.chains.stacks.principals import Address, Asset, Contract
from sluice.engine.chains.stacks.transactions.accounts import multi_account, single_account
from sluice.engine.chains.stacks.transactions.authorization import Condition, HashMode
from sluice.engine.chains.stacks.transactions.model import (
    AnchorMode,
    PostConditionMode,
    Transaction,
    Version,
)
from sluice.engine.chains.stacks.transactions.payloads import (
    Coinbase,
    ContractCall,
    MicroblockHeader,
    Payload,
    PoisonMicroblock,
    SmartContract,
    TenureCause,
    TenureChange,
    TokenTransfer,
    memo_of,
)
from sluice.engine.chains.stacks.transactions.post_conditions import (
    ORIGIN,
    Amount,
    FungibleCondition,
    NonFungibleCondition,
    PostCondition,
    Pox,
    PoxCondition,
    StakingCondition,
    StxCondition,
    Token,
)
from sluice.engine.chains.stacks.transactions.sign import sign_origin, sign_sponsor

ADDRESS: Final = Address(22, bytes(range(20)))
CONTRACT: Final = Contract(Address(26, bytes(20)), "a-token")
ASSET: Final = Asset(CONTRACT, "coin")
ALICE, BOB, CAROL = (SecretKey(bytes(31) + bytes([number])) for number in (1, 2, 3))
DAVE: Final = SecretKey(bytes(31) + b"\4", KeyEncoding.UNCOMPRESSED)

# From the examples of the ECVRF draft (RFC 9381's forerunner), appendix A.
VRF_PROOF: Final = bytes.fromhex(
    "9275df67a68c8745c0ff97b48201ee6db447f7c93b23ae24cdc2400f52fdb08a"
    "1a6ac7ec71bf9c9c76e96ee4675ebff6"
    "0625af28718501047bfd87b810c2d2139b73c23bd69de66360953a642c2a330a"
)
VALUES: Final = (
    Int(-1),
    UInt(1 << 127),
    Buffer(b"\0\xff"),
    TRUE,
    FALSE,
    ADDRESS,
    Contract(ADDRESS, "a" * 128),
    Ok(NONE),
    Err(Some(Int(5))),
    ListOf((Ascii("a"), Ascii("\t"))),
    tuple_of({"b": Utf8("🧡"), "a": NONE}),
)
_HEADER: Final = MicroblockHeader(0, 1, bytes(32), b"\1" * 32, b"\1" + bytes(64))
PAYLOADS: Final[tuple[Payload, ...]] = (
    TokenTransfer(ADDRESS, 1, memo_of("hello")),
    TokenTransfer(Contract(ADDRESS, "a" * 128), (1 << 64) - 1),
    ContractCall(CONTRACT, "go!", VALUES),
    ContractCall(CONTRACT, "_f"),
    SmartContract("a" * 40, "(print 1)\n\t;; ~"),
    SmartContract("__transient", "", 6),
    PoisonMicroblock(_HEADER, MicroblockHeader(0, 1, b"\2" * 32, bytes(32), bytes(65))),
    Coinbase(bytes(32)),
    Coinbase(b"\1" * 32, CONTRACT),
    Coinbase(bytes(32), None, VRF_PROOF),
    Coinbase(bytes(32), Contract(ADDRESS, "a" * 128), VRF_PROOF),
    *(
        TenureChange(bytes(20), b"\1" * 20, b"\2" * 20, b"\3" * 32, 7, cause, b"\4" * 20)
        for cause in TenureCause
    ),
)
CONDITIONS: Final[tuple[PostCondition, ...]] = (
    *(StxCondition(ORIGIN, code, 0) for code in Amount),
    FungibleCondition(ADDRESS, ASSET, Amount.EQUAL, (1 << 64) - 1),
    *(NonFungibleCondition(CONTRACT, ASSET, UInt(7), code) for code in Token),
    StakingCondition(CONTRACT, Amount.AT_MOST, 1),
    *(PoxCondition(ORIGIN, code) for code in Pox),
)


def transactions() -> list[Transaction]:
    """Return a signed transaction for every payload, account and mode."""
    alone = single_account(ALICE.public, nonce=1, fee=180)
    every = [_signed(_transaction(payload, alone), [ALICE]) for payload in PAYLOADS]
    transfer = TokenTransfer(ADDRESS, 5)
    full = single_account(DAVE.public, nonce=0, fee=1)
    witness = single_account(ALICE.public, nonce=0, fee=1, mode=HashMode.P2WPKH)
    every += [
        _signed(_transaction(transfer, full), [DAVE]),
        _signed(_transaction(transfer, witness), [ALICE]),
    ]
    every += [_signed(_transaction(transfer, condition), keys) for condition, keys in _several()]
    every += [_sponsored(condition, keys) for condition, keys in _several()]
    every += [
        _signed(Transaction(Version.TESTNET, 0x80000000, alone, transfer, None, AnchorMode.ANY,
                            mode, CONDITIONS), [ALICE])
        for mode in PostConditionMode
    ]  # fmt: skip
    return every


def _transaction(payload: Payload, origin: Condition) -> Transaction:
    is_anchored = isinstance(payload, Coinbase | PoisonMicroblock)
    mode = AnchorMode.ON_CHAIN if is_anchored else AnchorMode.ANY
    return Transaction(Version.MAINNET, 1, origin, payload, anchor_mode=mode)


def _signed(transaction: Transaction, keys: list[SecretKey | bytes]) -> Transaction:
    return sign_origin(transaction, keys)


def _several() -> list[tuple[Condition, list[SecretKey | bytes]]]:
    """Return multisig accounts of each kind, and who signs."""
    some: list[SecretKey | bytes] = [ALICE, BOB.public, CAROL]
    publics = [ALICE.public, BOB.public, CAROL.public]
    modes = (HashMode.P2SH, HashMode.P2WSH, HashMode.P2SH_ANY_ORDER, HashMode.P2WSH_ANY_ORDER)
    found: list[tuple[Condition, list[SecretKey | bytes]]] = [
        (multi_account(publics, required=2, nonce=3, fee=9, mode=mode), some) for mode in modes
    ]
    mixed = [DAVE.public, BOB.public, CAROL.public]
    for mode in (HashMode.P2SH, HashMode.P2SH_ANY_ORDER):
        found += [
            (multi_account(mixed, required=2, nonce=0, fee=0, mode=mode),
             [DAVE.public, BOB, CAROL]),
            (multi_account(mixed, required=1, nonce=0, fee=0, mode=mode),
             [DAVE, BOB.public, CAROL.public]),
        ]  # fmt: skip
    every_one_signs = multi_account(publics, required=2, nonce=0, fee=0)
    return [*found, (every_one_signs, [ALICE, BOB, CAROL])]


def _sponsored(sponsor: Condition, keys: list[SecretKey | bytes]) -> Transaction:
    """Return a call that the same account both makes and sponsors."""
    call = ContractCall(CONTRACT, "go")
    transaction = sign_origin(Transaction(Version.MAINNET, 1, sponsor, call, sponsor), keys)
    return sign_sponsor(transaction, keys)
