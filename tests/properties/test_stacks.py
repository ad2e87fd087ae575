"""Stacks bytes: what is made is read back, and what is nearly right is refused or the same."""

import random
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.c32 import decode_c32, encode_c32
from sluice.engine.chains.stacks.clarity.clarity_types import type_of
from sluice.engine.chains.stacks.clarity.model import (
    NONE,
    Ascii,
    Bool,
    Buffer,
    Err,
    Int,
    ListOf,
    Ok,
    Some,
    UInt,
    Utf8,
    Value,
    tuple_of,
)
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.clarity.show import parse_value, show_value
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.keys import ORDER, KeyEncoding, SecretKey
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.principals import Address, Asset, Contract, parse_principal
from sluice.engine.chains.stacks.transactions.accounts import multi_account, single_account
from sluice.engine.chains.stacks.transactions.authorization import HashMode
from sluice.engine.chains.stacks.transactions.model import (
    PostConditionMode,
    Transaction,
    Version,
)
from sluice.engine.chains.stacks.transactions.payloads import (
    ContractCall,
    SmartContract,
    TokenTransfer,
)
from sluice.engine.chains.stacks.transactions.post_conditions import (
    ORIGIN,
    Amount,
    FungibleCondition,
    NonFungibleCondition,
    Pox,
    PoxCondition,
    StakingCondition,
    StxCondition,
    Token,
)
from sluice.engine.chains.stacks.transactions.read import decode_transaction
from sluice.engine.chains.stacks.transactions.sign import sign_origin, sign_sponsor
from sluice.engine.chains.stacks.transactions.verify import verify_transaction
from sluice.engine.chains.stacks.transactions.write import encode_transaction
from tests.fuzz.mutate import mutate

DEPTH: Final = 3

U64 = st.integers(0, (1 << 64) - 1)
NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_-]{0,39}", fullmatch=True)
CLARITY_NAMES = st.from_regex(
    r"[a-zA-Z_][a-zA-Z0-9_!?+<>=/*-]{0,127}|[-+=/*]|[<>]=?", fullmatch=True
)
ADDRESSES = st.builds(Address, st.integers(0, 31), st.binary(min_size=20, max_size=20))
CONTRACTS = st.builds(Contract, ADDRESSES, NAMES)
PRINCIPALS = ADDRESSES | CONTRACTS
LEAVES: Final[list[st.SearchStrategy[Value]]] = [
    st.builds(Int, st.integers(-(1 << 127), (1 << 127) - 1)),
    st.builds(UInt, st.integers(0, (1 << 128) - 1)),
    st.builds(Bool, st.booleans()),
    st.builds(Buffer, st.binary(max_size=40)),
    st.builds(Ascii, st.text(alphabet="\t\n\r\f" + "".join(map(chr, range(32, 127))), max_size=9)),
    st.builds(Utf8, st.text(max_size=9)),
    PRINCIPALS,
]


def of_one_type(depth: int = DEPTH) -> st.SearchStrategy[st.SearchStrategy[Value]]:
    """Draw a type, as a strategy for its values: a list holds values of one."""
    leaves = st.sampled_from(LEAVES)
    if not depth:
        return leaves
    inner = of_one_type(depth - 1)
    keys = st.lists(CLARITY_NAMES, min_size=1, max_size=4, unique=True)
    return st.one_of(
        leaves,
        inner.map(lambda of: st.just(NONE) | st.builds(Some, of)),
        st.tuples(inner, inner).map(lambda of: st.builds(Ok, of[0]) | st.builds(Err, of[1])),
        inner.map(lambda of: st.builds(ListOf, st.lists(of, max_size=4).map(tuple))),
        st.tuples(keys, inner).map(
            lambda of: st.fixed_dictionaries(dict.fromkeys(of[0], of[1])).map(tuple_of)
        ),
    )


VALUES: st.SearchStrategy[Value] = of_one_type().flatmap(lambda of: of)
PAYERS = st.just(ORIGIN) | PRINCIPALS
ASSETS = st.builds(Asset, CONTRACTS, CLARITY_NAMES)
AMOUNTS = st.sampled_from(Amount)
CONDITIONS = (
    st.builds(StxCondition, PAYERS, AMOUNTS, U64)
    | st.builds(FungibleCondition, PAYERS, ASSETS, AMOUNTS, U64)
    | st.builds(NonFungibleCondition, PAYERS, ASSETS, VALUES, st.sampled_from(Token))
    | st.builds(StakingCondition, PAYERS, AMOUNTS, U64)
    | st.builds(PoxCondition, PAYERS, st.sampled_from(Pox))
)
PAYLOADS = (
    st.builds(TokenTransfer, PRINCIPALS, U64, st.binary(min_size=34, max_size=34))
    | st.builds(ContractCall, CONTRACTS, CLARITY_NAMES, st.lists(VALUES, max_size=4).map(tuple))
    | st.builds(
        SmartContract,
        NAMES,
        st.text(alphabet="\t\n" + "".join(map(chr, range(32, 127))), max_size=60),
        st.none() | st.integers(1, 6),
    )
)
SECRETS = st.builds(
    SecretKey,
    st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big")),
    st.sampled_from(KeyEncoding),
)


@st.composite
def signed(draw: st.DrawFn) -> Transaction:
    """Draw a transaction of one key or several, perhaps sponsored, and sign it."""
    keys = draw(st.lists(SECRETS, min_size=1, max_size=4))
    who = draw(st.lists(st.booleans(), min_size=len(keys), max_size=len(keys)))
    signers: list[SecretKey | bytes] = [
        key if is_signer else key.public for key, is_signer in zip(keys, who, strict=True)
    ]
    nonce, fee = draw(U64), draw(U64)
    mode = draw(st.sampled_from([HashMode.P2SH, HashMode.P2SH_ANY_ORDER]))
    publics = [key.public for key in keys]
    several = multi_account(publics, required=sum(who), nonce=nonce, fee=fee, mode=mode)
    alone = single_account(keys[0].public, nonce=nonce, fee=fee)
    is_alone, is_sponsored = draw(st.booleans()), draw(st.booleans())
    transaction = Transaction(
        draw(st.sampled_from(Version)),
        draw(st.integers(0, (1 << 32) - 1)),
        alone if is_alone else several,
        draw(PAYLOADS),
        several if is_sponsored else None,
        post_condition_mode=draw(st.sampled_from(PostConditionMode)),
        post_conditions=tuple(draw(st.lists(CONDITIONS, max_size=3))),
    )
    transaction = sign_origin(transaction, [keys[0]] if is_alone else signers)
    return sign_sponsor(transaction, signers) if is_sponsored else transaction


@given(st.binary(max_size=40))
def test_base_32_goes_there_and_back(data: bytes) -> None:
    assert decode_c32(encode_c32(data)) == data


@given(PRINCIPALS)
def test_a_principal_is_read_back(principal: Address | Contract) -> None:
    assert parse_principal(str(principal)) == principal


@given(VALUES)
@settings(deadline=None)
def test_a_value_is_read_back(value: Value) -> None:
    raw = encode_value(value)

    assert decode_value(raw) == value
    assert encode_value(decode_value(raw)) == raw
    assert parse_value(show_value(value)) == value


@given(st.lists(VALUES, min_size=1, max_size=4))
@settings(deadline=None)
def test_a_list_is_read_where_it_is_written(items: list[Value]) -> None:
    value = ListOf(tuple(items))
    prefix = b"\x0b" + len(items).to_bytes(4, "big")
    raw = prefix + b"".join(map(encode_value, items))
    try:
        type_of(value)
    except Invalid:
        assert is_malformed(raw)
        return

    assert decode_value(raw) == value


def is_malformed(raw: bytes) -> bool:
    """Say whether these bytes are refused, with an offset inside them."""
    try:
        decode_value(raw)
    except Malformed as refused:
        return 0 <= refused.offset <= len(raw)
    return False


@given(signed())
@settings(deadline=None, max_examples=60)
def test_a_signed_transaction_is_read_back_and_holds(transaction: Transaction) -> None:
    raw = encode_transaction(transaction)

    assert decode_transaction(raw) == transaction
    assert verify_transaction(transaction)


@given(signed(), st.integers(0, 1 << 32))
@settings(deadline=None, max_examples=60)
def test_a_transaction_nearly_right_is_refused_or_the_same(
    transaction: Transaction, seed: int
) -> None:
    chance = random.Random(seed)
    good = encode_transaction(transaction)
    for _ in range(20):
        data = mutate(chance, [good])
        try:
            found = decode_transaction(data)
        except Malformed as refused:
            assert 0 <= refused.offset <= len(data)  # noqa: PT017 - either outcome is right
            continue
        assert encode_transaction(found) == data


@given(VALUES, st.integers(0, 1 << 32))
@settings(deadline=None)
def test_a_value_nearly_right_is_refused_or_the_same(value: Value, seed: int) -> None:
    chance = random.Random(seed)
    good = encode_value(value)
    for _ in range(20):
        data = mutate(chance, [good])
        try:
            found = decode_value(data)
        except Malformed as refused:
            assert 0 <= refused.offset <= len(data)  # noqa: PT017 - either outcome is right
            continue
        again = encode_value(found)
        assert decode_value(again) == found
        assert sorted(again) == sorted(data)
