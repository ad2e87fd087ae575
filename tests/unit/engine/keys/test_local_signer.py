"""A key in a sealed file: it signs for its public key, and nobody else can use the file."""

import hashlib
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from sluice.base.errors import Invalid
from sluice.base.sealing import MasterKeys, SealBroken, Sealer
from sluice.engine.keys.signer import SignerTrouble, find_signature, read_der
from sluice.engine.keys.signers.local import LocalSigner, Lock, create_local_key, open_local_key

VECTORS: Final = json.loads(
    (Path(__file__).parents[4] / "spec" / "vectors" / "evm" / "kms_der.json").read_text()
)


def numbered() -> Callable[[int], bytes]:
    """Return a source of bytes that never repeats."""
    count = itertools.count()
    return lambda size: hashlib.sha512(str(next(count)).encode()).digest()[:size]


RANDOM: Final = numbered()


def master(fill: int = 7) -> Lock:
    return Lock(sealer=Sealer(MasterKeys({"k1": bytes([fill]) * 32}), RANDOM))


@pytest.mark.parametrize("lock", [master(), Lock(passphrase="correct horse battery")])
async def test_a_sealed_key_opens_with_its_lock(tmp_path: Path, lock: Lock) -> None:
    path = tmp_path / "keys" / "hot.key"
    made = create_local_key(path, lock, RANDOM)

    opened = open_local_key(path, lock, RANDOM)

    assert opened.public_key == made.public_key
    assert path.stat().st_mode & 0o777 == 0o600
    digest = hashlib.sha256(b"pay").digest()
    assert await opened.sign_digest(digest) == await made.sign_digest(digest)


def test_the_file_and_the_signer_do_not_show_the_key(tmp_path: Path) -> None:
    secret = RANDOM(32)
    signer = create_local_key(tmp_path / "hot.key", master(), RANDOM, secret=secret)

    assert secret.hex() not in (tmp_path / "hot.key").read_text()
    assert secret.hex() not in repr(signer)


def test_another_lock_does_not_open_it(tmp_path: Path) -> None:
    path = tmp_path / "hot.key"
    create_local_key(path, master(), RANDOM)

    with pytest.raises(SealBroken):
        open_local_key(path, master(8), RANDOM)
    with pytest.raises(Invalid, match="locked by master_keys"):
        open_local_key(path, Lock(passphrase="correct horse battery"), RANDOM)


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    create_local_key(tmp_path / "hot.key", master(), RANDOM)
    before = (tmp_path / "hot.key").read_bytes()

    with pytest.raises(Invalid, match="already"):
        create_local_key(tmp_path / "hot.key", master(), RANDOM)

    assert (tmp_path / "hot.key").read_bytes() == before


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hot.key"
    create_local_key(path, master(), RANDOM)
    path.chmod(0o640)

    with pytest.raises(Invalid, match="chmod 0600"):
        open_local_key(path, master(), RANDOM)


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said | {"version": 2},
        lambda said: said | {"public_key": "zz"},
        lambda said: said | {"sealed": 5},
        lambda said: said | {"salt": "=="},
        lambda said: {name: said[name] for name in said if name != "lock"},
        lambda _: [],
    ],
)
def test_what_is_no_key_file_is_refused(tmp_path: Path, change: Callable[[Any], Any]) -> None:
    path = tmp_path / "hot.key"
    create_local_key(path, master(), RANDOM)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))

    with pytest.raises(Invalid):
        open_local_key(path, master(), RANDOM)


def test_a_key_moved_into_another_file_does_not_open(tmp_path: Path) -> None:
    first, second = tmp_path / "a.key", tmp_path / "b.key"
    create_local_key(first, master(), RANDOM)
    create_local_key(second, master(), RANDOM)
    said = json.loads(first.read_text())
    said["sealed"] = json.loads(second.read_text())["sealed"]
    first.write_text(json.dumps(said))

    with pytest.raises(SealBroken):
        open_local_key(first, master(), RANDOM)


@pytest.mark.parametrize("secret", [b"", b"\1" * 31, b"\0" * 32, b"\xff" * 32])
def test_what_is_no_private_key_is_refused(secret: bytes) -> None:
    with pytest.raises(Invalid):
        LocalSigner(secret)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(Invalid, match="passphrase"):
        Lock(passphrase="short")


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(case["der"])[:20])
def test_der_of_a_key_service_becomes_a_low_s_and_the_right_key(case: dict[str, Any]) -> None:
    digest, key = bytes.fromhex(case["digest"][2:]), compressed(case["public_key_uncompressed"])

    signature = read_der(key, digest, bytes.fromhex(case["der"][2:]))

    assert (signature.r, signature.s) == (int(case["r"], 16), int(case["s"], 16))
    assert signature.recovery_id == case["y_parity"]


@pytest.mark.parametrize("case", VECTORS["negative"], ids=lambda case: str(case["why"]))
def test_der_that_is_no_signature_is_refused(case: dict[str, Any]) -> None:
    good = VECTORS["cases"][0]
    key = compressed(good["public_key_uncompressed"])

    with pytest.raises(SignerTrouble):
        read_der(key, bytes.fromhex(good["digest"][2:]), bytes.fromhex(case["der"][2:]))


def test_a_signature_of_another_key_or_digest_is_refused() -> None:
    one, other = VECTORS["cases"][:2]
    digest, r, s = bytes.fromhex(one["digest"][2:]), int(one["r"], 16), int(one["s"], 16)

    with pytest.raises(SignerTrouble):
        find_signature(compressed(other["public_key_uncompressed"]), digest, r, s)
    with pytest.raises(SignerTrouble):
        find_signature(compressed(one["public_key_uncompressed"]), digest[::-1], r, s)


def compressed(text: str) -> bytes:
    raw = bytes.fromhex(text[2:])
    return bytes([2 + raw[-1] % 2]) + raw[1:33]
