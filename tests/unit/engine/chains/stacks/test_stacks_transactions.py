"""Transactions: every vector read, written, verified and signed again; recorded ones too."""

from typing import Any

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.keys import KeyEncoding, SecretKey, parse_secret_key
from sluice.engine.chains.stacks.transactions.accounts import signer_of
from sluice.engine.chains.stacks.transactions.authorization import (
    HashMode,
    MultiSig,
    PublicKeyField,
    SingleSig,
    address_of,
)
from sluice.engine.chains.stacks.transactions.model import Transaction
from sluice.engine.chains.stacks.transactions.payloads import TokenTransfer
from sluice.engine.chains.stacks.transactions.read import decode_transaction
from sluice.engine.chains.stacks.transactions.sighash import initial_sighash
from sluice.engine.chains.stacks.transactions.sign import sign_origin, sign_sponsor
from sluice.engine.chains.stacks.transactions.verify import verify_transaction
from sluice.engine.chains.stacks.transactions.write import encode_transaction, txid_of
from tests.unit.engine.chains.stacks.vectors import named, recorded, vectors

CASES = vectors("transactions")["transactions"]
MULTISIGS = vectors("c32_addresses")["multisig"]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_transaction_is_read_and_written(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["tx_hex"])

    transaction = decode_transaction(raw)

    assert encode_transaction(transaction) == raw
    assert txid_of(transaction) == case["txid"]
    assert transaction.version == case["version"]
    assert transaction.chain_id == case["chain_id"]
    assert transaction.post_condition_mode == case["post_condition_mode"]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_every_signature_is_over_what_it_should_be(case: dict[str, Any]) -> None:
    transaction = decode_transaction(bytes.fromhex(case["tx_hex"]))

    steps = [step for signed in verify_transaction(transaction) for step in signed.steps]

    assert initial_sighash(transaction).hex() == case["initial_sighash"]
    assert [step.current.hex() for step in steps] == [s["sighash_in"] for s in case["steps"]]
    assert [step.presign.hex() for step in steps] == [s["presign_sighash"] for s in case["steps"]]
    assert [step.signature.hex() for step in steps] == [s["signature_vrs"] for s in case["steps"]]
    following = [s["next_sighash"].split()[0] for s in case["steps"]]
    assert [step.following.hex() for step in steps] == following


@pytest.mark.parametrize("case", CASES, ids=named)
def test_signing_again_gives_the_same_bytes(case: dict[str, Any]) -> None:
    signed = decode_transaction(bytes.fromhex(case["tx_hex"]))

    again = sign_origin(unsigned(signed), keys_of(signed, case))
    if signed.sponsor is not None:
        again = sign_sponsor(again, [parse_secret_key(case["keys"]["sponsor"]["private_key"])])

    assert encode_transaction(again).hex() == case["tx_hex"]


@pytest.mark.parametrize("case", [c for c in CASES if "origin_signed_hex" in c], ids=named)
def test_what_only_the_origin_signed_is_read_too(case: dict[str, Any]) -> None:
    transaction = decode_transaction(bytes.fromhex(case["origin_signed_hex"]))

    assert encode_transaction(transaction).hex() == case["origin_signed_hex"]
    assert txid_of(transaction) == case["origin_signed_txid"]


@pytest.mark.parametrize("case", [c for c in CASES if "multisig_address" in c], ids=named)
def test_a_multisig_account_has_its_address_and_keys(case: dict[str, Any]) -> None:
    transaction = decode_transaction(bytes.fromhex(case["tx_hex"]))

    (signed,) = verify_transaction(transaction)

    address = address_of(transaction.origin, is_mainnet=transaction.is_mainnet)
    assert str(address) == case["multisig_address"]
    assert [public.hex() for public in signed.publics] == case["public_key_order"]


@pytest.mark.parametrize("case", MULTISIGS, ids=lambda case: f"{case['m']} of {case['n']}")
def test_keys_in_order_have_one_hash(case: dict[str, Any]) -> None:
    publics = [bytes.fromhex(public) for public in case["public_keys"]]
    is_witness = case["hash_mode"].startswith("P2WSH")

    for mode in [HashMode.P2WSH, HashMode.P2WSH_ANY_ORDER] if is_witness else [HashMode.P2SH]:
        assert signer_of(mode, publics, case["m"]).hex() == case["hash160"]


def test_more_than_sixteen_keys_are_counted_as_scripts_count() -> None:
    public = parse_secret_key("01" * 32).public

    hashes = {signer_of(HashMode.P2SH, [public] * count, 1) for count in (16, 17, 127, 128, 255)}

    assert len(hashes) == 5


def test_recorded_transactions_are_read_written_and_verified() -> None:
    for one in recorded("real_transactions")["transactions"]:
        raw = bytes.fromhex(one["raw_tx"][2:])
        transaction = decode_transaction(raw)

        assert encode_transaction(transaction) == raw
        assert f"0x{txid_of(transaction)}" == one["txid"]
        assert verify_transaction(transaction)
        address = address_of(transaction.origin, is_mainnet=transaction.is_mainnet)
        assert str(address) == one["origin_address"]
        assert transaction.origin.nonce == one["nonce"]
        if isinstance(transaction.payload, TokenTransfer):
            assert str(transaction.payload.recipient) == one["recipient"]
            assert transaction.payload.amount == one["amount"]
            assert f"0x{transaction.payload.memo.hex()}" == one["memo_hex"]


def test_recorded_deliveries_carry_transactions_that_hold() -> None:
    for sample in recorded("samples_chainhook_v1")["samples"][:2]:
        for one in sample["body"]["apply"][0]["transactions"]:
            transaction = decode_transaction(bytes.fromhex(one["metadata"]["raw_tx"][2:]))

            assert f"0x{txid_of(transaction)}" == one["transaction_identifier"]["hash"]
            assert verify_transaction(transaction)


def test_a_changed_amount_has_no_signature() -> None:
    raw = bytearray(bytes.fromhex(CASES[0]["tx_hex"]))
    raw[-35] ^= 1

    with pytest.raises(Invalid, match="not this account's"):
        verify_transaction(decode_transaction(bytes(raw)))


def test_another_account_cannot_sign() -> None:
    signed = decode_transaction(bytes.fromhex(CASES[0]["tx_hex"]))

    with pytest.raises(Invalid, match="not this account's"):
        sign_origin(unsigned(signed), [SecretKey(bytes(31) + b"\7")])


def test_nobody_sponsors_a_standard_transaction() -> None:
    signed = decode_transaction(bytes.fromhex(CASES[0]["tx_hex"]))

    with pytest.raises(Invalid, match="sponsor"):
        sign_sponsor(signed, [SecretKey(bytes(31) + b"\7")])


def test_an_account_of_one_key_takes_no_other() -> None:
    signed = decode_transaction(bytes.fromhex(CASES[0]["tx_hex"]))

    with pytest.raises(Invalid, match="one key"):
        sign_origin(signed, [SecretKey(bytes(31) + b"\7").public])


def unsigned(transaction: Transaction) -> Transaction:
    """Return the transaction before anybody signed it."""
    return Transaction(
        transaction.version,
        transaction.chain_id,
        cleared(transaction.origin),
        transaction.payload,
        transaction.sponsor and cleared(transaction.sponsor),
        transaction.anchor_mode,
        transaction.post_condition_mode,
        transaction.post_conditions,
    )


def cleared(condition: SingleSig | MultiSig) -> SingleSig | MultiSig:
    """Return a condition nobody has signed."""
    mode, signer, nonce, fee = (
        condition.hash_mode,
        condition.signer,
        condition.nonce,
        condition.fee,
    )
    if isinstance(condition, SingleSig):
        return SingleSig(mode, signer, nonce, fee, condition.key_encoding)
    return MultiSig(mode, signer, nonce, fee, (), condition.signatures_required)


def keys_of(signed: Transaction, case: dict[str, Any]) -> list[SecretKey | bytes]:
    """Return the keys that signed, and the public ones of those who did not, in order."""
    if isinstance(signed.origin, SingleSig):
        first = next(iter(case["keys"].values()))
        secret = parse_secret_key(first["private_key"]).secret
        return [SecretKey(secret, signed.origin.key_encoding)]
    secrets = {k["public_key"]: SecretKey(bytes.fromhex(k["private_key"])) for k in
               case["keys"].values()}  # fmt: skip
    return [
        bytes.fromhex(public) if isinstance(field, PublicKeyField) else secrets[public]
        for public, field in zip(case["public_key_order"], signed.origin.fields, strict=True)
    ]


def test_a_key_is_compressed_unless_it_says_otherwise() -> None:
    assert parse_secret_key("01" * 32).encoding is KeyEncoding.COMPRESSED
