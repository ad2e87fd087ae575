"""The signers file: what it may say, and what is refused before anything starts."""

import re
from pathlib import Path

import pytest

from sluice.app.keys import KeyParts, create_key, read_signers
from sluice.base.errors import Invalid
from sluice.base.sealing import MasterKeys, Sealer


def parts() -> KeyParts:
    def random(count: int) -> bytes:
        return b"\5" * count

    return KeyParts(Sealer(MasterKeys({"k1": b"\1" * 32}), random), random)


def written(folder: Path, text: str) -> str:
    (folder / "signers.toml").write_text(text)
    return str(folder / "signers.toml")


async def test_keys_are_named_and_opened_when_first_asked_for(tmp_path: Path) -> None:
    made = create_key(tmp_path / "hot.key", parts())
    (tmp_path / "pass").write_text("correct horse battery\n")
    other = create_key(tmp_path / "cold.key", parts(), passphrase="correct horse battery")
    path = written(
        tmp_path,
        '[hot]\nkind = "file"\npath = "hot.key"\n'
        '[cold]\nkind = "file"\npath = "cold.key"\npassphrase_file = "pass"\n'
        '[gone]\nkind = "file"\npath = "gone.key"\n',
    )

    ring = read_signers(path, parts())

    assert list(ring.names) == ["hot", "cold", "gone"]
    assert (await ring.signer("hot")).public_key == made.public_key
    assert await ring.signer("hot") is await ring.signer("hot")
    assert (await ring.signer("cold")).public_key == other.public_key
    with pytest.raises(Invalid, match="no key file"):
        await ring.signer("gone")
    with pytest.raises(Invalid, match="there is cold, gone, hot"):
        await ring.signer("warm")


async def test_without_a_file_nobody_signs() -> None:
    with pytest.raises(Invalid, match="there is none"):
        await read_signers("", parts()).signer("hot")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hot = 5", "needs a kind"),
        ('[hot]\nkind = "paper"', "needs a kind: file"),
        ('[hot]\nkind = "file"', "lacks path"),
        ('[hot]\nkind = "file"\npath = "a"\nsecret = "b"', "unknown keys secret"),
        ('[hot]\nkind = "file"\npath = 5', "needs a text as path"),
        ("[hot", "Cannot read the signers file"),
    ],
)
def test_a_file_that_says_something_else_is_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(Invalid, match=re.escape(problem)) as refused:
        read_signers(written(tmp_path, text), parts())

    assert refused.value.code == "signers_invalid"
