"""The command line: a refusal is one line, and never a traceback."""

import sys

import pytest

from sluice.base.errors import Invalid, Unavailable
from sluice.doors.cli.main import app, main


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run the program and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["sluice", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_refusal_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLUICE_PROT", "9000")

    assert run(monkeypatch, "doctor") == 1
    assert capsys.readouterr().err == "sluice: Unknown setting SLUICE_PROT.\n"


def test_refusals_of_tasks_side_by_side_are_a_line_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @app.command("fail-twice", hidden=True)
    def fail() -> None:
        inner = ExceptionGroup("inside", [Unavailable("second")])
        raise ExceptionGroup("tasks", [Invalid("first"), inner])

    assert run(monkeypatch, "fail-twice") == 1
    assert capsys.readouterr().err == "sluice: first\nsluice: second\n"


def test_a_command_that_ends_well_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--help") == 0
    assert "doctor" in capsys.readouterr().out


def test_listening_needs_a_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SLUICE_API_KEY", raising=False)

    assert run(monkeypatch, "listen") == 2
    assert "SLUICE_API_KEY" in capsys.readouterr().err
