"""sluice stacks decode: hex, addresses, files and what comes in; a refusal names the byte."""

import io
import json
import sys
from pathlib import Path

import pytest

from sluice.doors.cli.main import main

ADDRESS = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4"


def decode(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run the command and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["sluice", "stacks", "decode", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("content", [b"\x0a\x03", b"0a03", b"0x0a03\n", b"0a\n03"])
def test_a_file_holds_hex_or_bytes(
    content: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "value"
    path.write_bytes(content)

    assert decode(monkeypatch, str(path)) == 0
    assert json.loads(capsys.readouterr().out)["repr_stacksjs"] == "(some true)"


def test_what_comes_in_is_decoded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"0x03\n")))

    assert decode(monkeypatch, "-") == 0
    assert json.loads(capsys.readouterr().out)["clarity_type"] == "bool"


def test_an_address_is_decoded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert decode(monkeypatch, ADDRESS) == 0
    assert json.loads(capsys.readouterr().out)["version"] == 20


def test_the_form_may_be_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert decode(monkeypatch, "03", "--as", "transaction") == 1
    assert "Byte 0: expected a version" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("0x0b0000000203", "sluice: Byte 6: expected 1 byte of a Clarity value"),
        ("0x0f", "sluice: Byte 0: expected a Clarity type"),
        ("0x0g", "sluice: Byte 0: expected two hex digits, found 'g'"),
        (f"{ADDRESS[:-1]}0", "sluice: This is not a Stacks address: its checksum"),
        ("no-such-file", "sluice: 'no-such-file' is neither hex nor an address nor a file"),
        ("", "sluice: '' is neither hex nor an address nor a file"),
        ("漢字", "neither hex nor an address nor a file"),
    ],
)
def test_a_refusal_is_one_line_and_names_the_byte(
    words: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert decode(monkeypatch, words) == 1

    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
