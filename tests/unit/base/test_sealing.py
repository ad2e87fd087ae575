"""What is sealed opens only at its place, whole and unchanged, with a key of the file."""

import datetime as dt
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.clock import ManualClock
from sluice.base.errors import Invalid
from sluice.base.ids import Ids
from sluice.base.sealing import (
    MasterKeys,
    SealBroken,
    Sealer,
    Verifier,
    add_key,
    create_key_file,
    equal,
    place,
    read_key_file,
)

ENTROPY = Ids(ManualClock(dt.datetime(2026, 3, 2, tzinfo=dt.UTC)), seed=1).bytes
ONE, TWO = bytes(range(32)), bytes(range(32, 64))
HERE = place("webhook_endpoints", "secret", "acct_1", "we_1")


def a_sealer(**keys: bytes) -> Sealer:
    return Sealer(MasterKeys(keys or {"k1": ONE}), ENTROPY)


@given(st.binary(max_size=300))
def test_what_was_sealed_opens_at_its_place(plain: bytes) -> None:
    sealer = a_sealer()

    blob = sealer.seal(plain, context=HERE)

    assert sealer.open(blob, context=HERE) == plain
    assert len(plain) < 8 or plain not in blob


def test_sealing_twice_gives_two_different_blobs() -> None:
    sealer = a_sealer()

    assert sealer.seal(b"same", context=HERE) != sealer.seal(b"same", context=HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        place("webhook_endpoints", "secret", "acct_1", "we_2"),
        place("webhook_endpoints", "secret", "acct_2", "we_1"),
        place("webhook_endpoints", "old_secret", "acct_1", "we_1"),
        place("api_keys", "secret", "acct_1", "we_1"),
        "",
    ],
)
def test_what_was_moved_to_another_place_does_not_open(elsewhere: str) -> None:
    sealer = a_sealer()
    blob = sealer.seal(b"whsec_1", context=HERE)

    with pytest.raises(SealBroken):
        sealer.open(blob, context=elsewhere)


def test_one_flipped_bit_anywhere_is_noticed() -> None:
    sealer = a_sealer()
    blob = sealer.seal(b"whsec_1", context=HERE)

    for bit in range(len(blob) * 8):
        flipped = bytearray(blob)
        flipped[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(SealBroken):
            sealer.open(bytes(flipped), context=HERE)


def test_what_was_cut_or_lengthened_does_not_open() -> None:
    sealer = a_sealer()
    blob = sealer.seal(b"whsec_1", context=HERE)

    for wrong in [
        *(blob[:length] for length in range(len(blob))),
        blob + b"\0",
        b"\0" + blob,
    ]:
        with pytest.raises(SealBroken):
            sealer.open(wrong, context=HERE)


def test_another_master_key_of_the_same_name_does_not_open() -> None:
    blob = a_sealer(k1=ONE).seal(b"whsec_1", context=HERE)

    with pytest.raises(SealBroken):
        a_sealer(k1=TWO).open(blob, context=HERE)


def test_a_blob_of_a_missing_key_says_which_key_is_missing() -> None:
    blob = a_sealer(k1=ONE).seal(b"whsec_1", context=HERE)

    with pytest.raises(SealBroken, match="'k1'") as broken:
        a_sealer(k2=TWO).open(blob, context=HERE)

    assert broken.value.code == "seal_key_unknown"


def test_after_rotation_the_old_opens_and_the_new_seals() -> None:
    before, after = a_sealer(k1=ONE), a_sealer(k1=ONE, k2=TWO)
    old = before.seal(b"whsec_1", context=HERE)

    new = after.seal(after.open(old, context=HERE), context=HERE)

    assert after.needs_rewrap(old)
    assert not after.needs_rewrap(new)
    assert a_sealer(k2=TWO).open(new, context=HERE) == b"whsec_1"


def test_a_mac_is_ours_alone_and_belongs_to_one_purpose() -> None:
    before, after = a_sealer(k1=ONE), a_sealer(k1=ONE, k2=TWO)
    mac = before.mac("client_secret", b"pi_1")

    assert len(mac) == 32
    assert after.is_mac("client_secret", b"pi_1", mac), "made before the rotation"
    assert not after.is_mac("client_secret", b"pi_2", mac)
    assert not after.is_mac("audit", b"pi_1", mac)
    assert not after.is_mac("client_secret", b"pi_1", mac[:-1])
    assert not a_sealer(k1=TWO).is_mac("client_secret", b"pi_1", mac)


@pytest.mark.parametrize("kdf", ["hmac", "sha256", "pbkdf2-sha512-10000", "scrypt"])
def test_a_kept_secret_is_recognised_and_no_other(kdf: str) -> None:
    sealer = a_sealer()

    kept = sealer.hash_secret("sk_live_1_secret", kdf=kdf)

    assert kept.kdf == kdf
    assert sealer.verify_secret("sk_live_1_secret", kept)
    for wrong in (
        "sk_live_1_secres",
        "",
        "sk_live_1_secret ",
        "sk_live_1_secret\ud800",
    ):
        assert not sealer.verify_secret(wrong, kept)
    assert b"secret" not in kept.digest


def test_a_secret_kept_before_a_rotation_is_recognised_after_it() -> None:
    kept = a_sealer(k1=ONE).hash_secret("sk_live_1")

    assert a_sealer(k1=ONE, k2=TWO).verify_secret("sk_live_1", kept)
    with pytest.raises(SealBroken):
        a_sealer(k2=TWO).verify_secret("sk_live_1", kept)


def test_a_kept_secret_is_worthless_without_the_pepper() -> None:
    kept = a_sealer(k1=ONE).hash_secret("sk_live_1")

    assert not a_sealer(k1=TWO).verify_secret("sk_live_1", kept)


def test_secrets_kept_by_other_gateways_are_recognised() -> None:
    salted = hashlib.pbkdf2_hmac("sha512", b"sk_live_old", b"salt of its own", 10_000, 64)
    imported = [
        Verifier("sha256", b"", hashlib.sha256(b"sk_live_old").digest()),
        Verifier("pbkdf2-sha512-10000", b"salt of its own", salted),
        Verifier("pbkdf2-sha512-10000", b"salt of its own", salted[:32]),
    ]

    for kept in imported:
        assert a_sealer().verify_secret("sk_live_old", kept)
        assert not a_sealer().verify_secret("sk_live_new", kept)


def test_a_digest_that_is_too_short_recognises_nothing() -> None:
    for length in (1, 15):
        short = hashlib.pbkdf2_hmac("sha512", b"sk_live_old", b"salt", 10_000, length)
        kept = Verifier("pbkdf2-sha512-10000", b"salt", short)
        assert not a_sealer().verify_secret("sk_live_old", kept)


def test_an_unknown_way_to_keep_a_secret_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        a_sealer().hash_secret("sk_live_1", kdf="md5")

    assert refusal.value.code == "kdf_unknown"


def test_equal_compares_text_and_bytes() -> None:
    assert equal("a", b"a")
    assert not equal("a", "b")
    assert not equal("", "a")


def test_a_new_key_file_is_readable_by_its_owner_alone_and_never_overwritten(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys" / "master.keys"

    made = create_key_file(path, ENTROPY)

    assert path.stat().st_mode & 0o777 == 0o400
    assert read_key_file(path) == made
    assert len(made.keys[made.current]) == 32
    with pytest.raises(FileExistsError):
        create_key_file(path, ENTROPY)
    assert read_key_file(path) == made


def test_an_added_key_seals_and_the_old_ones_still_open(tmp_path: Path) -> None:
    path = tmp_path / "master.keys"
    old = create_key_file(path, ENTROPY)
    blob = Sealer(old, ENTROPY).seal(b"whsec_1", context=HERE)

    for key_id in ("2026-11", "2027-02"):
        add_key(path, key_id, ENTROPY)

    keys = read_key_file(path)
    assert list(keys.keys) == ["k1", "2026-11", "2027-02"]
    assert keys.current == "2027-02"
    assert Sealer(keys, ENTROPY).open(blob, context=HERE) == b"whsec_1"
    assert path.stat().st_mode & 0o777 == 0o400
    assert [file.name for file in tmp_path.iterdir()] == ["master.keys"]
    with pytest.raises(Invalid):
        add_key(path, "k1", ENTROPY)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.keys"
    create_key_file(path, ENTROPY)

    for mode in (0o440, 0o404, 0o420):
        path.chmod(mode)
        with pytest.raises(Invalid, match="chmod 0400"):
            read_key_file(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "k1\n",
        "k1:\n",
        "k1:c2hvcnQ=\n",
        "k1:not base64 at all, but long enough to be one, is it\n",
        f"K 1:{'A' * 43}=\n",
        f"k1:{'A' * 43}=\nk1:{'B' * 42}A=\n",
        f"k1:{'A' * 43}=\nk2:\n",
        "k1:\N{GREEK SMALL LETTER ALPHA}\n",
    ],
)
def test_a_broken_key_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "master.keys"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o400)

    with pytest.raises(Invalid) as refusal:
        read_key_file(path)

    assert refusal.value.code == "key_file_invalid"


def test_a_place_cannot_be_written_in_two_ways() -> None:
    with pytest.raises(Invalid):
        place("webhook_endpoints", "secret|acct_1", "we_1", "")
