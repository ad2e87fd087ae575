"""Transactions built here go there and back; what consensus refuses is refused, with where."""

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.model import TRUE, TupleOf, UInt, tuple_of
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.principals import Address, Contract
from sluice.engine.chains.stacks.signatures import sign_digest
from sluice.engine.chains.stacks.transactions.accounts import (
    is_signed,
    multi_account,
    signer_of,
    single_account,
)
from sluice.engine.chains.stacks.transactions.authorization import HashMode
from sluice.engine.chains.stacks.transactions.model import (
    BYTES_MAX,
    AnchorMode,
    Transaction,
    Version,
)
from sluice.engine.chains.stacks.transactions.payloads import (
    Coinbase,
    ContractCall,
    Payload,
    SmartContract,
    TokenTransfer,
    memo_of,
)
from sluice.engine.chains.stacks.transactions.post_conditions import (
    ORIGIN,
    Amount,
    StxCondition,
)
from sluice.engine.chains.stacks.transactions.read import decode_transaction
from sluice.engine.chains.stacks.transactions.sighash import Role
from sluice.engine.chains.stacks.transactions.sign import (
    add_signature,
    digest_to_sign,
    sign_origin,
    sign_sponsor,
)
from sluice.engine.chains.stacks.transactions.verify import verify_transaction
from sluice.engine.chains.stacks.transactions.vrf import is_vrf_proof
from sluice.engine.chains.stacks.transactions.write import encode_transaction
from tests.unit.engine.chains.stacks.samples import (
    ADDRESS,
    ALICE,
    BOB,
    CAROL,
    CONTRACT,
    DAVE,
    VRF_PROOF,
    transactions,
)

ALONE = single_account(ALICE.public, nonce=0, fee=180)
MULTI = multi_account([ALICE.public, BOB.public], required=1, nonce=0, fee=180, mode=HashMode.P2SH)
# Where the parts of a transaction with one key begin.
AUTH_AT = 5
MODE_AT = 6
ENCODING_AT = 43
ANCHOR_AT = 109
CONDITIONS_AT = 111
PAYLOAD_AT = 115


@pytest.mark.parametrize("transaction", transactions(), ids=lambda one: type(one.payload).__name__)
def test_what_is_built_is_read_and_holds(transaction: Transaction) -> None:
    raw = encode_transaction(transaction)

    assert decode_transaction(raw) == transaction
    assert verify_transaction(transaction)
    assert is_signed(transaction.origin)


@pytest.mark.parametrize("transaction", transactions(), ids=lambda one: type(one.payload).__name__)
def test_every_beginning_ends_too_early(transaction: Transaction) -> None:
    raw = encode_transaction(transaction)

    for length in range(len(raw)):
        with pytest.raises(Malformed) as refused:
            decode_transaction(raw[:length])
        assert refused.value.offset <= length
    with pytest.raises(Malformed, match="the end of the transaction"):
        decode_transaction(raw + b"\0")


def transfer() -> bytearray:
    """Return a plain transfer of STX."""
    return bytearray(signed(TokenTransfer(ADDRESS, 5)))


def signed(payload: Payload) -> bytes:
    """Return a transaction with this payload."""
    return encode_transaction(sign_origin(Transaction(Version.MAINNET, 1, ALONE, payload), [ALICE]))


@pytest.mark.parametrize(
    ("offset", "byte"),
    [
        (0, 1),
        (0, 0x81),
        (AUTH_AT, 3),
        (AUTH_AT, 6),
        (MODE_AT, 4),
        (MODE_AT, 6),
        (MODE_AT, 8),
        (ENCODING_AT, 2),
        (ANCHOR_AT, 0),
        (ANCHOR_AT, 4),
        (ANCHOR_AT + 1, 0),
        (ANCHOR_AT + 1, 4),
        (PAYLOAD_AT, 9),
        (PAYLOAD_AT + 1, 4),
        (PAYLOAD_AT + 1, 7),
        (PAYLOAD_AT + 2, 32),
    ],
)
def test_an_unknown_byte_is_named(offset: int, byte: int) -> None:
    raw = transfer()
    raw[offset] = byte

    with pytest.raises(Malformed) as refused:
        decode_transaction(bytes(raw))

    assert refused.value.offset == offset


def test_a_witness_account_has_a_compressed_key() -> None:
    raw = transfer()
    raw[MODE_AT] = HashMode.P2WPKH
    raw[ENCODING_AT] = 1

    with pytest.raises(Malformed, match="compressed") as refused:
        decode_transaction(bytes(raw))

    assert refused.value.offset == ENCODING_AT


def multisig(body: str, required: int, mode: HashMode = HashMode.P2SH) -> bytes:
    """Return a transfer from an account with these fields."""
    raw = bytes(transfer())
    head = raw[:MODE_AT] + bytes([mode]) + raw[MODE_AT + 1 : ENCODING_AT]
    return head + bytes.fromhex(body) + required.to_bytes(2, "big") + raw[ANCHOR_AT:]


SIGNATURE = "02" + "00" * 65
FULL_SIGNATURE = "03" + "00" * 65
KEY = "00" + ALICE.public.hex()


@pytest.mark.parametrize(
    ("body", "required", "mode", "offset"),
    [
        ("00000001" + SIGNATURE, 2, HashMode.P2SH, 47 - 4 + 4 + 66),
        ("00000002" + 2 * SIGNATURE, 1, HashMode.P2SH, 47 + 132),
        ("00000001" + SIGNATURE, 2, HashMode.P2SH_ANY_ORDER, 47 + 66),
        ("00000001" + FULL_SIGNATURE, 1, HashMode.P2WSH, 47),
        ("00000001" + FULL_SIGNATURE, 1, HashMode.P2WSH_ANY_ORDER, 47),
        ("00000001" + "01" + KEY[2:], 0, HashMode.P2WSH, 47),
        ("00000001" + "00" + "05" + KEY[4:], 0, HashMode.P2SH, 48),
        ("00000001" + "00" + "02" + "ff" * 32, 0, HashMode.P2SH, 48),
        ("00000001" + "04" + "00" * 65, 0, HashMode.P2SH, 47),
        ("ffffffff" + KEY, 0, HashMode.P2SH, -1),
    ],
)
def test_a_multisig_account_signs_as_it_must(
    body: str, required: int, mode: HashMode, offset: int
) -> None:
    with pytest.raises(Malformed) as refused:
        decode_transaction(multisig(body, required, mode))

    assert offset in {refused.value.offset, -1}


@pytest.mark.parametrize("mode", [HashMode.P2SH_ANY_ORDER, HashMode.P2WSH_ANY_ORDER])
def test_more_may_sign_in_any_order(mode: HashMode) -> None:
    raw = multisig("00000003" + 2 * SIGNATURE + KEY, 1, mode)

    assert encode_transaction(decode_transaction(raw)) == raw


@pytest.mark.parametrize(
    ("body", "offset"),
    [
        ("05", 0),
        ("0000", 1),
        ("0004", 1),
        ("00010600000000" + "00000000", 2),
        ("000100" + "00" * 8, 2),
        ("000220" + "00" * 20, 2),
        ("000316" + "00" * 20 + "00", 23),
        ("000316" + "00" * 20 + "29" + "61" * 41, 23),
        ("000316" + "00" * 20 + "0131", 24),
        ("010116" + "00" * 20 + "0161" + "0131", 26),
        ("020116" + "00" * 20 + "0161" + "0161" + "0f", 27),
        ("020116" + "00" * 20 + "0161" + "0161" + "0313", 28),
        ("0401" + "33", 2),
        ("030101", 3),
    ],
)
def test_a_post_condition_is_one_that_nodes_know(body: str, offset: int) -> None:
    raw = bytes(transfer())
    changed = raw[:CONDITIONS_AT] + (1).to_bytes(4, "big") + bytes.fromhex(body)

    with pytest.raises(Malformed) as refused:
        decode_transaction(changed)

    assert refused.value.offset == CONDITIONS_AT + 4 + offset


HEADER = "00" + "0001" + "00" * 32 + "11" * 32 + "01" + "22" * 64
OTHER_HEADER = "00" + "0002" + "33" * 32 + "11" * 32 + "01" + "22" * 64
BIG = "ff" * 32


@pytest.mark.parametrize(
    ("body", "offset"),
    [
        ("0216" + "00" * 20 + "0161" + "0131", 25),
        ("0216" + "00" * 20 + "29" + "61" * 41, 22),
        ("0216" + "00" * 20 + "0161" + "0161" + "00000001" + "0f", 30),
        ("0216" + "00" * 20 + "0161" + "0161" + "00000001" + "0a" * 16 + "03", 46),
        ("0216" + "00" * 20 + "0161" + "0161" + "00000001" + "0c00000000", 30),
        (
            "0216" + "00" * 20 + "0161" + "0161" + "00000001" + "0c00000002" + "016203" + "016103",
            38,
        ),
        ("0216" + "00" * 20 + "0161" + "0161" + "00000001" + "0b00000002" + "0309", 36),
        ("01" + "29" + "61" * 41, 1),
        ("01" + "0161" + "00000002" + "610d", 8),
        ("01" + "0161" + "00000001" + "7f", 7),
        ("06" + "00", 1),
        ("06" + "07", 1),
        ("03" + HEADER + HEADER, 1 + 132),
        ("03" + HEADER + OTHER_HEADER, 1 + 132),
        ("03" + "00" * 67 + "04" + "00" * 64, 1 + 67),
        ("03" + "00" * 67 + "00" + BIG + "00" * 32, 1 + 67),
        ("03" + "00" * 67 + "00" + "00" * 32 + BIG, 1 + 67),
        ("05" + "00" * 32 + "09", 33),
        ("08" + "00" * 32 + "0b", 33),
        ("08" + "00" * 32 + "0a03", 34),
        ("08" + "00" * 32 + "09" + "00" * 80, 34),
        ("07" + "00" * 96 + "07" + "00" * 20, 97),
    ],
)
def test_a_payload_is_one_that_nodes_read(body: str, offset: int) -> None:
    raw = transfer()
    raw[ANCHOR_AT] = AnchorMode.ON_CHAIN

    with pytest.raises(Malformed) as refused:
        decode_transaction(bytes(raw[:PAYLOAD_AT]) + bytes.fromhex(body))

    assert refused.value.offset == PAYLOAD_AT + offset


@pytest.mark.parametrize("mode", [AnchorMode.ANY, AnchorMode.OFF_CHAIN])
def test_a_coinbase_is_anchored(mode: AnchorMode) -> None:
    transaction = Transaction(Version.MAINNET, 1, ALONE, Coinbase(bytes(32)), anchor_mode=mode)

    with pytest.raises(Malformed) as refused:
        decode_transaction(encode_transaction(transaction))

    assert refused.value.offset == ANCHOR_AT


@pytest.mark.parametrize(
    ("at", "raw"),
    [
        (0, bytes(32)),
        (0, b"\1" + bytes(31)),
        (0, b"\2" + bytes(31)),
        (0, b"\xff" * 31 + b"\x7f"),
        (0, bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")),
        (48, b"\xff" * 32),
    ],
    ids=["order 4", "nothing", "off the curve", "not reduced", "order 8", "scalar not reduced"],
)
def test_a_proof_is_a_point_and_a_scalar(at: int, raw: bytes) -> None:
    assert is_vrf_proof(VRF_PROOF)
    assert is_vrf_proof(b"\1" * 80)

    assert not is_vrf_proof(VRF_PROOF[:at] + raw + VRF_PROOF[at + 32 :])


def test_a_transaction_has_at_most_two_mebibytes() -> None:
    payload = SmartContract("a", "a" * BYTES_MAX)

    with pytest.raises(Invalid, match="at most"):
        signed(payload)
    with pytest.raises(Malformed):
        decode_transaction(bytes(BYTES_MAX + 1))


@pytest.mark.parametrize(
    "payload",
    [
        TokenTransfer(ADDRESS, -1),
        TokenTransfer(ADDRESS, 1 << 64),
        TokenTransfer(ADDRESS, 1, b""),
        TokenTransfer(Address(32, bytes(20)), 1),
        ContractCall(Contract(ADDRESS, "a" * 41), "f"),
        ContractCall(CONTRACT, "1"),
        ContractCall(CONTRACT, "f", (TupleOf(()),)),
        SmartContract("a", "\r"),
        SmartContract("a", "é"),
        SmartContract("a", "", 7),
        Coinbase(bytes(31)),
    ],
    ids=repr,
)
def test_what_no_node_would_read_is_not_written(payload: Payload) -> None:
    with pytest.raises(Invalid):
        signed(payload)


def test_a_post_condition_has_an_amount_that_fits() -> None:
    condition = StxCondition(ORIGIN, Amount.EQUAL, 1 << 64)
    transaction = Transaction(
        Version.MAINNET, 1, ALONE, TokenTransfer(ADDRESS, 1), post_conditions=(condition,)
    )

    with pytest.raises(Invalid):
        encode_transaction(transaction)


def test_a_memo_has_room_for_an_intent() -> None:
    assert len(memo_of("pi_3MtwBwLkdIwHu7ix28a3tqPa")) == 34
    with pytest.raises(Invalid):
        memo_of("a" * 35)


def test_accounts_are_made_of_keys_that_fit() -> None:
    for mode, publics, required in (
        (HashMode.P2PKH, [ALICE.public, BOB.public], 1),
        (HashMode.P2WPKH, [DAVE.public], 1),
        (HashMode.P2SH, [ALICE.public], 2),
        (HashMode.P2WSH, [ALICE.public, DAVE.public], 1),
    ):
        with pytest.raises(Invalid):
            signer_of(mode, publics, required)


def test_too_few_signatures_do_not_hold() -> None:
    account = multi_account([ALICE.public, BOB.public], required=2, nonce=0, fee=0)
    transaction = Transaction(Version.MAINNET, 1, account, TokenTransfer(ADDRESS, 1))

    with pytest.raises(Invalid, match="1 have signed, 2 must"):
        sign_origin(transaction, [ALICE, BOB.public])


def test_a_signature_may_be_made_elsewhere() -> None:
    transaction = Transaction(Version.MAINNET, 1, MULTI, TokenTransfer(ADDRESS, 1))
    digest = digest_to_sign(transaction, Role.ORIGIN)

    grown = add_signature(transaction, Role.ORIGIN, sign_digest(digest, ALICE))

    both = sign_origin(transaction, [ALICE, BOB.public])
    assert grown.origin != both.origin
    assert sign_origin(grown, [BOB.public]) == both


def test_a_sponsor_signs_after_the_origin() -> None:
    call = ContractCall(CONTRACT, "go", (tuple_of({"a": TRUE, "b": UInt(1)}),))
    sponsor = single_account(BOB.public, nonce=4, fee=1000)
    transaction = Transaction(Version.MAINNET, 1, ALONE, call, sponsor)

    with pytest.raises(Invalid):
        sign_sponsor(transaction, [BOB])
    both = sign_sponsor(sign_origin(transaction, [ALICE]), [BOB])

    assert [len(one.steps) for one in verify_transaction(both)] == [1, 1]


def test_a_sponsor_may_raise_the_fee_alone() -> None:
    call = ContractCall(CONTRACT, "go")
    cheap = single_account(CAROL.public, nonce=4, fee=1000)
    dear = single_account(CAROL.public, nonce=4, fee=2000)
    origin = sign_origin(Transaction(Version.MAINNET, 1, ALONE, call, cheap), [ALICE]).origin

    again = sign_sponsor(Transaction(Version.MAINNET, 1, origin, call, dear), [CAROL])

    assert verify_transaction(again)


def test_a_high_s_is_refused() -> None:
    transaction = decode_transaction(bytes(transfer()))
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    raw = encode_transaction(transaction)
    at = ENCODING_AT + 1
    high = order - int.from_bytes(raw[at + 33 : at + 65], "big")
    flipped = (
        raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 : at + 33] + high.to_bytes(32, "big")
    ) + raw[at + 65 :]

    with pytest.raises(Invalid, match="half the curve"):
        verify_transaction(decode_transaction(flipped))
