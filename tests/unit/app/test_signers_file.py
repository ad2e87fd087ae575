"""The signers file: what it may say, and what is refused before anything starts."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sluice.app.keys import KeyParts, create_key, read_signers
from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.base.ids import Ids
from sluice.base.sealing import MasterKeys, Sealer


@pytest.fixture
async def parts() -> AsyncIterator[KeyParts]:
    egress = Egress()
    clock = SystemClock()
    random = Ids(clock).bytes
    yield KeyParts(Sealer(MasterKeys({"k1": b"\1" * 32}), random), random, egress, clock)
    await egress.close()


def written(folder: Path, text: str) -> str:
    (folder / "signers.toml").write_text(text)
    return str(folder / "signers.toml")


async def test_keys_are_named_and_opened_when_first_asked_for(
    tmp_path: Path, parts: KeyParts
) -> None:
    (tmp_path / "pass").write_text("correct horse battery\n")
    path = written(
        tmp_path,
        '[hot]\nkind = "file"\npath = "hot.key"\n'
        '[cold]\nkind = "file"\npath = "cold.key"\npassphrase_file = "pass"\n'
        '[gone]\nkind = "file"\npath = "gone.key"\n',
    )
    made = [await create_key(path, name, parts) for name in ("hot", "cold")]

    ring = read_signers(path, parts)

    assert list(ring.names) == ["hot", "cold", "gone"]
    assert (await ring.signer("hot")).public_key == made[0].public_key
    assert await ring.signer("hot") is await ring.signer("hot")
    assert (await ring.signer("cold")).public_key == made[1].public_key
    with pytest.raises(Invalid, match="no key file"):
        await ring.signer("gone")
    with pytest.raises(Invalid, match="there is cold, gone, hot"):
        await ring.signer("warm")


async def test_a_key_is_made_only_where_the_file_says_and_once(
    tmp_path: Path, parts: KeyParts
) -> None:
    path = written(
        tmp_path,
        '[hot]\nkind = "file"\npath = "hot.key"\n'
        '[far]\nkind = "aws_kms"\nkey = "k"\nregion = "r"\n',
    )
    given = await create_key(path, "hot", parts, secret=b"\3" * 32)

    assert (await read_signers(path, parts).signer("hot")).public_key == given.public_key
    for name, problem in (("hot", "already"), ("far", "kind"), ("warm", "kind")):
        with pytest.raises(Invalid, match=problem):
            await create_key(path, name, parts)


async def test_without_a_file_nobody_signs(parts: KeyParts) -> None:
    with pytest.raises(Invalid, match="there is none"):
        await read_signers("", parts).signer("hot")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hot = 5", "needs a kind"),
        ('[hot]\nkind = "paper"', "needs a kind: file, aws_kms, gcp_kms, pkcs11"),
        ('[hot]\nkind = "file"', "lacks path"),
        ('[hot]\nkind = "file"\npath = "a"\nsecret = "b"', "unknown keys secret"),
        ('[hot]\nkind = "file"\npath = 5', "needs a text as path"),
        ('[hot]\nkind = "file"\npath = "a"\nvault_url = "http://v"', "needs vault_url, vault_key"),
        ('[hot]\nkind = "vault_transit"\nkey = "a"', "has no secp256k1"),
        ('[hot]\nkind = "gcp_kms"', "lacks key"),
        ("[hot", "Cannot read the signers file"),
    ],
)
async def test_a_file_that_says_something_else_is_refused(
    tmp_path: Path, parts: KeyParts, text: str, problem: str
) -> None:
    with pytest.raises(Invalid, match=re.escape(problem)) as refused:
        read_signers(written(tmp_path, text), parts)

    assert refused.value.code == "signers_invalid"
