"""What every signer promises, wherever its key is: asked of each as the signers file names it."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import pytest
from coincurve import PublicKey
from cryptography.hazmat.primitives.asymmetric import ec

from sluice.app.keys import KeyParts, create_key, read_signers
from sluice.base.clock import ManualClock, SystemClock
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.base.ids import Ids
from sluice.base.reach import NODES
from sluice.base.sealing import MasterKeys, Sealer
from sluice.engine.keys.signer import ORDER, Signer, SignerTrouble
from tests.signers import aws
from tests.signers.key_services import VERSION, Google, Vault, serving
from tests.signers.softhsm import PIN, Token, make_token

KINDS: Final = ("file", "passphrase", "vault", "aws", "gcp_account", "gcp_machine", "pkcs11")


@pytest.fixture
async def parts() -> AsyncIterator[KeyParts]:
    egress = Egress(NODES)
    clock = SystemClock()
    ids = Ids(clock)
    yield KeyParts(Sealer(MasterKeys({"k1": b"\1" * 32}), ids.bytes), ids.bytes, egress, clock)
    await egress.close()


@pytest.fixture(scope="module")
def kms() -> Iterator[str]:
    with aws.running_kms() as url:
        yield url


@pytest.fixture
def google() -> Iterator[Google]:
    service = Google()
    service.add(VERSION, "EC_SIGN_SECP256K1_SHA256", ec.SECP256K1())
    with serving(service):
        yield service


@pytest.fixture
def vault() -> Iterator[Vault]:
    service = Vault()
    with serving(service):
        yield service


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Token:
    return make_token(tmp_path_factory.mktemp("softhsm"))


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give botocore the credentials it would find on a machine of AWS."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def written(folder: Path, **said: str) -> str:
    """Write a signers file with one signer, `hot`, and return its path."""
    lines = [f'{key} = "{value}"' for key, value in said.items()]
    (folder / "signers.toml").write_text("[hot]\n" + "\n".join(lines) + "\n")
    return str(folder / "signers.toml")


@pytest.fixture(params=KINDS)
async def signer(
    request: pytest.FixtureRequest, tmp_path: Path, parts: KeyParts
) -> AsyncIterator[Signer]:
    """Return a signer of each kind, opened through the signers file."""
    kind = request.param
    (tmp_path / "word").write_text("correct horse battery\n")
    path = written(tmp_path, **said_of(kind, request, tmp_path))
    if kind in {"file", "passphrase", "vault"}:
        await create_key(path, "hot", parts)
    opened = await read_signers(path, parts).signer("hot")
    yield opened
    if kind == "pkcs11":
        await opened.close()  # type: ignore[attr-defined] # the one kind that holds a thread


def said_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> dict[str, str]:
    if kind in {"file", "passphrase"}:
        lock = {"passphrase_file": "word"} if kind == "passphrase" else {}
        return {"kind": "file", "path": "hot.key"} | lock
    if kind == "vault":
        return said_of_vault(request.getfixturevalue("vault"), folder)
    if kind == "aws":
        request.getfixturevalue("credentials")
        return said_of_aws(request.getfixturevalue("kms"))
    if kind == "pkcs11":
        return said_of_token(request.getfixturevalue("token"), folder)
    return said_of_google(request.getfixturevalue("google"), folder, kind)


def said_of_vault(vault: Vault, folder: Path) -> dict[str, str]:
    (folder / "token").write_text(vault.token + "\n")
    said = {"vault_url": vault.url, "vault_key": "sluice", "vault_token_file": "token"}
    return {"kind": "file", "path": "hot.key"} | said


def said_of_aws(url: str, key: str | None = None) -> dict[str, str]:
    key = key or aws.make_key(url)
    return {"kind": "aws_kms", "key": key, "region": aws.REGION, "url": url}


def said_of_google(google: Google, folder: Path, kind: str = "gcp_account") -> dict[str, str]:
    said = {"kind": "gcp_kms", "key": VERSION, "url": google.url}
    if kind == "gcp_machine":
        return said | {"metadata_url": google.url}
    (folder / "account.json").write_bytes(google.account_file())
    return said | {"credentials": "account.json"}


def said_of_token(token: Token, folder: Path, key: str = "hot", pin: str = PIN) -> dict[str, str]:
    (folder / "pin").write_text(pin)
    where = {"module": token.module, "token": token.label, "key": key, "pin_file": "pin"}
    return {"kind": "pkcs11"} | where


def digests(count: int) -> list[bytes]:
    return [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(count)]


async def test_it_signs_the_digest_itself_with_a_low_s_for_its_key(signer: Signer) -> None:
    key = PublicKey(signer.public_key)

    for digest in [*digests(12), b"\1" * 32, b"\xff" * 32]:
        signature = await signer.sign_digest(digest)

        assert signature.s <= ORDER // 2
        raw = bytes(signature) + bytes([signature.recovery_id])
        assert PublicKey.from_signature_and_message(raw, digest, hasher=None) == key


async def test_its_public_key_has_33_bytes(signer: Signer) -> None:
    assert len(signer.public_key) == 33
    assert PublicKey(signer.public_key).format() == signer.public_key


@pytest.mark.parametrize("length", [0, 20, 31, 33, 64])
async def test_it_refuses_what_is_no_digest(signer: Signer, length: int) -> None:
    with pytest.raises(Invalid) as refused:
        await signer.sign_digest(b"\1" * length)

    assert refused.value.code == "digest_invalid"


async def test_many_may_ask_at_once(signer: Signer) -> None:
    asked = digests(8)

    signatures = await asyncio.gather(*(signer.sign_digest(digest) for digest in asked))

    key = PublicKey(signer.public_key)
    for digest, signature in zip(asked, signatures, strict=True):
        raw = bytes(signature) + bytes([signature.recovery_id])
        assert PublicKey.from_signature_and_message(raw, digest, hasher=None) == key


async def test_vault_is_asked_for_the_file_s_key_and_may_refuse(
    tmp_path: Path, parts: KeyParts, vault: Vault
) -> None:
    path = written(tmp_path, **said_of_vault(vault, tmp_path))
    made = await create_key(path, "hot", parts)
    assert (await read_signers(path, parts).signer("hot")).public_key == made.public_key

    (tmp_path / "token").write_text("hvs.another")
    with pytest.raises(SignerTrouble, match="403"):
        await read_signers(path, parts).signer("hot")
    vault.is_sealed = True
    with pytest.raises(SignerTrouble, match="503"):
        await read_signers(path, parts).signer("hot")

    said = (tmp_path / "hot.key").read_text()
    assert '"lock":"vault"' in said
    assert "vault:v1:" in said


async def test_vault_cannot_sign_for_our_networks(tmp_path: Path, parts: KeyParts) -> None:
    with pytest.raises(Invalid, match=re.escape("no secp256k1")):
        read_signers(written(tmp_path, kind="vault_transit", key="hot"), parts)


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("spec", "usage"),
    [
        ("ECC_NIST_P256", "SIGN_VERIFY"),
        ("RSA_2048", "SIGN_VERIFY"),
        ("RSA_2048", "ENCRYPT_DECRYPT"),
    ],
)
async def test_a_kms_key_of_another_kind_is_refused(
    tmp_path: Path, parts: KeyParts, kms: str, spec: str, usage: str
) -> None:
    path = written(tmp_path, **said_of_aws(kms, aws.make_key(kms, spec, usage)))

    with pytest.raises(Invalid) as refused:
        await read_signers(path, parts).signer("hot")

    assert refused.value.code == "public_key_invalid"


@pytest.mark.usefixtures("credentials")
async def test_a_kms_that_does_not_know_the_key_says_so(
    tmp_path: Path, parts: KeyParts, kms: str
) -> None:
    path = written(tmp_path, **said_of_aws(kms, "11111111-1111-1111-1111-111111111111"))

    with pytest.raises(SignerTrouble, match="NotFoundException"):
        await read_signers(path, parts).signer("hot")


async def test_a_kms_that_is_not_there_is_trouble_and_nothing_else(
    tmp_path: Path, parts: KeyParts, credentials: None
) -> None:
    del credentials
    path = written(tmp_path, **said_of_aws("http://127.0.0.1:9/", "some-key"))

    with pytest.raises(SignerTrouble, match="refused"):
        await read_signers(path, parts).signer("hot")


async def test_a_service_that_signs_with_another_key_is_found_out(
    tmp_path: Path, parts: KeyParts, google: Google
) -> None:
    opened = await read_signers(
        written(tmp_path, **said_of_google(google, tmp_path)), parts
    ).signer("hot")
    google.answers_with = ec.generate_private_key(ec.SECP256K1())

    with pytest.raises(SignerTrouble, match="another key"):
        await opened.sign_digest(b"\1" * 32)


@pytest.mark.parametrize(
    ("algorithm", "curve"),
    [
        ("EC_SIGN_P256_SHA256", ec.SECP256R1()),
        ("EC_SIGN_SECP256K1_SHA256", ec.SECP256R1()),
    ],
)
async def test_a_google_key_of_another_kind_is_refused(
    tmp_path: Path, parts: KeyParts, google: Google, algorithm: str, curve: ec.EllipticCurve
) -> None:
    google.add(VERSION, algorithm, curve)

    with pytest.raises(Invalid) as refused:
        await read_signers(written(tmp_path, **said_of_google(google, tmp_path)), parts).signer(
            "hot"
        )

    assert refused.value.code == "public_key_invalid"


async def test_google_s_token_is_renewed_before_it_ends(
    tmp_path: Path, parts: KeyParts, google: Google
) -> None:
    clock = ManualClock(parts.clock.now())
    with_clock = KeyParts(parts.sealer, parts.random, parts.egress, clock)
    path = written(tmp_path, **said_of_google(google, tmp_path))
    opened = await read_signers(path, with_clock).signer("hot")
    await opened.sign_digest(b"\1" * 32)
    assert len(google.tokens) == 1

    clock.advance(3600 - 61)
    await opened.sign_digest(b"\2" * 32)
    assert len(google.tokens) == 1

    clock.advance(2)
    with pytest.raises(SignerTrouble, match="no token: 400"):  # the claim is an hour ahead of them
        await opened.sign_digest(b"\2" * 32)


async def test_a_wrong_pin_or_an_unknown_key_opens_nothing(
    tmp_path: Path, parts: KeyParts, token: Token
) -> None:
    with pytest.raises(SignerTrouble, match="PinIncorrect"):
        await read_signers(
            written(tmp_path, **said_of_token(token, tmp_path, pin="0000-token")), parts
        ).signer("hot")
    with pytest.raises(SignerTrouble, match="NoSuchKey"):
        await read_signers(
            written(tmp_path, **said_of_token(token, tmp_path, key="cold")), parts
        ).signer("hot")


async def test_a_token_s_key_of_another_curve_is_refused(
    tmp_path: Path, parts: KeyParts, token: Token
) -> None:
    path = written(tmp_path, **said_of_token(token, tmp_path, key="p256"))

    with pytest.raises(Invalid, match="secp256k1"):
        await read_signers(path, parts).signer("hot")


async def test_a_token_that_would_give_its_key_away_does_not_sign(
    tmp_path: Path, parts: KeyParts, token: Token
) -> None:
    path = written(tmp_path, **said_of_token(token, tmp_path, key="loose"))

    with pytest.raises(Invalid) as refused:
        await (await read_signers(path, parts).signer("hot")).sign_digest(b"\1" * 32)

    assert refused.value.code == "key_extractable"


async def test_two_keys_of_one_token_sign_side_by_side(
    tmp_path: Path, parts: KeyParts, token: Token
) -> None:
    path = written(tmp_path, **said_of_token(token, tmp_path))
    one = await read_signers(path, parts).signer("hot")
    other = await read_signers(path, parts).signer("hot")
    await one.sign_digest(b"\1" * 32)
    await one.close()  # type: ignore[attr-defined] # which logs the other out, too

    signature = await other.sign_digest(b"\1" * 32)

    assert signature.s <= ORDER // 2
