"""Deposits: every vector both ways, real ones, another library's opinion, and what is refused."""

from typing import Any

import pytest
from embit.ec import PublicKey as OtherKey
from embit.hashes import tagged_hash as other_tagged_hash
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import read_address
from sluice.engine.chains.bitcoin.nets import MAINNET, REGTEST, TESTNET
from sluice.engine.chains.bitcoin.transactions.model import Outpoint
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.principals import Address, Contract, Principal, parse_principal
from sluice.engine.chains.stacks.sbtc.deposit import (
    check_deposit,
    deposit_address,
    offer_deposit,
    read_deposit,
)
from sluice.engine.chains.stacks.sbtc.scripts import (
    DepositScript,
    ReclaimScript,
    read_deposit_script,
    read_reclaim_script,
    write_deposit_script,
    write_reclaim_script,
)
from sluice.engine.chains.stacks.sbtc.taproot import UNSPENDABLE_KEY, leaf_hash, output_key
from tests.unit.engine.chains.stacks.sbtc.deposits import (
    ALL,
    MAIN_RECIPIENT,
    SIGNERS,
    TEST_RECIPIENT,
    USER,
    a_deposit,
    key_of,
    named,
    net_of,
)
from tests.unit.engine.chains.stacks.vectors import recorded

KEY = key_of(SIGNERS)
# secp256k1 has no point with this x.
NO_KEY = b"\x00" * 31 + b"\x05"


@pytest.mark.parametrize("case", ALL["deposits"], ids=named)
def test_a_deposit_has_the_address_that_the_package_gives(case: dict[str, Any]) -> None:
    recipient = parse_principal(case["stacks_recipient"])
    deposit = DepositScript(case["max_signer_fee"], recipient, bytes.fromhex(case["signers_xonly"]))
    reclaim = ReclaimScript(case["reclaim_lock_time"], bytes.fromhex(case["reclaim_xonly"]))

    offered = offer_deposit(deposit, reclaim, net_of(case))

    assert offered.deposit_script.hex() == case["deposit_script"]
    assert offered.reclaim_script.hex() == case["reclaim_script"]
    assert leaf_hash(offered.deposit_script).hex() == case["deposit_leaf_hash"]
    assert leaf_hash(offered.reclaim_script).hex() == case["reclaim_leaf_hash"]
    assert offered.root.hex() == case["merkle_root"]
    assert output_key(offered.root)[1:].hex() == case["output_xonly"]
    assert offered.output_script.hex() == case["script_pubkey"]
    assert deposit_address(offered, net_of(case)) == case["address"]
    blocks = {one["script"]: one["control_block"] for one in case["control_blocks"]}
    assert offered.deposit_control.hex() == blocks[case["deposit_script"]]
    assert offered.reclaim_control.hex() == blocks[case["reclaim_script"]]


@pytest.mark.parametrize("case", ALL["deposits"], ids=named)
def test_scripts_are_read_as_they_were_written(case: dict[str, Any]) -> None:
    scripts = bytes.fromhex(case["deposit_script"]), bytes.fromhex(case["reclaim_script"])

    deposit = read_deposit(*scripts)

    assert str(deposit.deposit.recipient) == case["stacks_recipient"]
    assert deposit.deposit.fee_max_sats == case["max_signer_fee"]
    assert deposit.deposit.signers_key.hex() == case["signers_xonly"]
    assert deposit.reclaim.lock_blocks == case["reclaim_lock_time"]
    assert deposit.reclaim.user_key.hex() == case["reclaim_xonly"]
    assert (deposit.deposit_script, deposit.reclaim_script) == scripts


@pytest.mark.parametrize("case", ALL["deposits"], ids=named)
def test_another_library_finds_the_same_output_key(case: dict[str, Any]) -> None:
    leaves = sorted(
        other_tagged_hash("TapLeaf", b"\xc0" + bytes([len(script)]) + script)
        for script in map(bytes.fromhex, (case["deposit_script"], case["reclaim_script"]))
    )
    root = other_tagged_hash("TapBranch", b"".join(leaves))

    other = OtherKey.from_xonly(UNSPENDABLE_KEY).taproot_tweak(root)

    assert output_key(root)[1:] == other.xonly()
    assert root.hex() == case["merkle_root"]


def test_real_deposits_have_the_addresses_they_were_paid_at() -> None:
    deposits = recorded("sbtc_deposits_real")["deposits"]
    for case in deposits:
        scripts = bytes.fromhex(case["deposit_script"]), bytes.fromhex(case["reclaim_script"])
        deposit = read_deposit(*scripts)

        assert deposit_address(deposit, MAINNET) == case["address"]
        assert deposit.output_script.hex() == case["output_script"]
        assert deposit.deposit.fee_max_sats == case["max_fee"]
        assert str(deposit.deposit.recipient) == case["recipient"]
        assert encode_value(deposit.deposit.recipient).hex() == case["recipient_principal_hex"]
        assert deposit.deposit.signers_key.hex() == case["signers_xonly"]
        assert (deposit.deposit_script, deposit.reclaim_script) == scripts
    assert len(deposits) == 3


def test_real_spends_prove_the_script_they_spend_by() -> None:
    spent = [one for one in recorded("sbtc_deposits_real")["deposits"] if "spend_witness" in one]
    for case in spent:
        deposit = read_deposit(
            bytes.fromhex(case["deposit_script"]), bytes.fromhex(case["reclaim_script"])
        )
        controls = {
            deposit.deposit_script: deposit.deposit_control,
            deposit.reclaim_script: deposit.reclaim_control,
        }
        _, script, control = map(bytes.fromhex, case["spend_witness"])
        assert controls[script] == control
    assert len(spent) == 2


def test_a_real_transaction_is_checked_as_the_signers_do() -> None:
    case = recorded("sbtc_deposits_real")["deposits"][2]
    body = case["post_body"]
    deposit = read_deposit(
        bytes.fromhex(body["depositScript"]), bytes.fromhex(body["reclaimScript"])
    )
    raw = bytes.fromhex(body["transactionHex"])
    paid = Outpoint(body["bitcoinTxid"], body["bitcoinTxOutputIndex"])

    assert check_deposit(raw, paid, deposit, MAINNET).sats == case["value_sat"]
    for outpoint, net, why in (
        (Outpoint("00" * 32, 0), MAINNET, "is another"),
        (Outpoint(paid.tx_id, 1), MAINNET, "other scripts"),
        (Outpoint(paid.tx_id, 9), MAINNET, "no output 9"),
        (paid, REGTEST, "Stacks network"),
    ):
        with pytest.raises(Invalid, match=why):
            check_deposit(raw, outpoint, deposit, net)


@pytest.mark.parametrize(
    ("recipient", "net"), [(TEST_RECIPIENT, MAINNET), (MAIN_RECIPIENT, TESTNET)]
)
def test_a_recipient_of_the_other_network_has_no_address(recipient: str, net: Any) -> None:  # noqa: ANN401
    deposit = a_deposit(recipient)
    with pytest.raises(Invalid, match="Stacks network"):
        deposit_address(deposit, net)
    with pytest.raises(Invalid, match="Stacks network"):
        offer_deposit(deposit.deposit, deposit.reclaim, net)


@pytest.mark.parametrize("version", [0, 1, 31])
def test_a_recipient_of_no_network_has_no_address(version: int) -> None:
    deposit = DepositScript(1, Address(version, b"\1" * 20), KEY)
    for net in (MAINNET, REGTEST):
        with pytest.raises(Invalid, match="Stacks network"):
            offer_deposit(deposit, a_deposit().reclaim, net)


@pytest.mark.parametrize("lock_blocks", [-1, 0, 1, 3, 65_536, 1 << 22, 1 << 31])
def test_a_lock_that_the_signers_would_not_wait_for_is_not_offered(lock_blocks: int) -> None:
    deposit = a_deposit(lock_blocks=lock_blocks)
    with pytest.raises(Invalid, match="locked for"):
        offer_deposit(deposit.deposit, deposit.reclaim, MAINNET)


def test_two_addresses_differ_in_each_part() -> None:
    changed = [
        a_deposit(),
        a_deposit(f"{MAIN_RECIPIENT}.a"),
        a_deposit(fee_max_sats=1),
        a_deposit(lock_blocks=16),
        a_deposit(signers=USER),
        a_deposit(user=SIGNERS),
    ]
    assert len({deposit_address(one, MAINNET) for one in changed}) == len(changed)


def test_an_address_reads_back_to_the_output() -> None:
    deposit = a_deposit()

    assert read_address(deposit_address(deposit, MAINNET), MAINNET) == deposit.output_script


addresses = st.builds(Address, st.integers(0, 31), st.binary(min_size=20, max_size=20))
names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_-]{0,127}", fullmatch=True)
principals = addresses | st.builds(Contract, addresses, names)
keys = (
    st.binary(min_size=32, max_size=32)
    .filter(any)
    .map(lambda raw: key_of((int.from_bytes(raw, "big") >> 1 | 1).to_bytes(32, "big")))
)


@given(st.integers(0, (1 << 64) - 1), principals, keys)
def test_any_deposit_script_comes_back(fee: int, recipient: Principal, key: bytes) -> None:
    script = DepositScript(fee, recipient, key)

    assert read_deposit_script(write_deposit_script(script)) == script


@given(st.integers(1, 0xFFFF), keys)
def test_any_reclaim_script_comes_back(blocks: int, key: bytes) -> None:
    script = ReclaimScript(blocks, key)

    assert read_reclaim_script(write_reclaim_script(script)) == script


def write_deposit_again(raw: bytes) -> bytes:
    return write_deposit_script(read_deposit_script(raw))


def write_reclaim_again(raw: bytes) -> bytes:
    return write_reclaim_script(read_reclaim_script(raw))


@given(st.data(), st.sampled_from(ALL["deposits"]))
def test_no_two_scripts_are_read_alike(data: st.DataObject, case: dict[str, Any]) -> None:
    for name, write_again in (
        ("deposit_script", write_deposit_again),
        ("reclaim_script", write_reclaim_again),
    ):
        raw = bytearray.fromhex(case[name])
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        try:
            again = write_again(bytes(raw))
        except Invalid:
            continue
        assert again == raw


DATA = bytes.fromhex("0000000000004394") + encode_value(parse_principal(MAIN_RECIPIENT))
TAIL = b"\x75\x20" + KEY + b"\xac"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        TAIL,
        bytes([len(DATA)]) + DATA,
        b"\x4c" + bytes([len(DATA)]) + DATA + TAIL,
        b"\x4d" + bytes([len(DATA), 0]) + DATA + TAIL,
        bytes([len(DATA) + 1]) + DATA + TAIL,
        bytes([len(DATA) + 1]) + DATA + b"\0" + TAIL,
        bytes([len(DATA) - 1]) + DATA[:-1] + TAIL,
        b"\x08" + DATA[:8] + TAIL,
        b"\x19" + DATA[:8] + b"\x01" + bytes(16) + TAIL,
        bytes([len(DATA)]) + DATA + b"\x6d\x20" + KEY + b"\xac",
        bytes([len(DATA)]) + DATA + b"\x75\x21" + KEY + b"\xac",
        bytes([len(DATA)]) + DATA + b"\x75\x20" + KEY + b"\xad",
        bytes([len(DATA)]) + DATA + b"\x75\x20" + NO_KEY + b"\xac",
        bytes([len(DATA)]) + DATA + TAIL + b"\x51",
        b"\x51" + bytes([len(DATA)]) + DATA + TAIL,
    ],
    ids=range(16),
)
def test_what_the_signers_would_not_read_is_no_deposit_script(raw: bytes) -> None:
    with pytest.raises(Invalid):
        read_deposit_script(raw)


@pytest.mark.parametrize(
    "lock",
    [
        "",
        "00",  # no block at all
        "4f",  # minus one
        "0105",  # five has a code of its own
        "0181",  # minus one, at length
        "021000",  # sixteen, too long
        "029500",  # right: 149; see below
        "02b683",  # minus 950
        "03b60300",  # 950, too long
        "03000001",  # 65536
        "03ffff40",  # seconds
        "0400004000",  # seconds
        "0500000080",
        "0500000080ff",
        "4c02b603",
    ],
)
def test_a_lock_time_has_one_form(lock: str) -> None:
    raw = bytes.fromhex(lock) + b"\xb2" + TAIL
    if lock == "029500":
        assert read_reclaim_script(raw).lock_blocks == 149
        return
    with pytest.raises(Invalid):
        read_reclaim_script(raw)


@pytest.mark.parametrize("tail", [b"", b"\x51", b"\x75\x51", TAIL[:-1], TAIL + b"\x51", b"\x50"])
def test_only_our_own_way_back_is_read(tail: bytes) -> None:
    with pytest.raises(Invalid):
        read_reclaim_script(b"\x02\xb6\x03\xb2" + tail)
    with pytest.raises(Invalid):
        read_reclaim_script(b"\x02\xb6\x03\xb1" + TAIL)


def test_what_no_script_can_say_is_not_written() -> None:
    recipient = parse_principal(MAIN_RECIPIENT)
    for fee in (-1, 1 << 64):
        with pytest.raises(Invalid, match="64 bits"):
            write_deposit_script(DepositScript(fee, recipient, KEY))
    for key in (b"", KEY[1:], b"\2" + KEY, NO_KEY):
        with pytest.raises(Invalid, match=r"[Kk]ey"):
            write_deposit_script(DepositScript(1, recipient, key))
        with pytest.raises(Invalid, match=r"[Kk]ey"):
            write_reclaim_script(ReclaimScript(1, key))
