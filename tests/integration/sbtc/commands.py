"""Run `sluice` beside a house: with its settings, in a process's place of its own."""

import asyncio
import dataclasses
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from sluice.base.errors import SluiceError
from sluice.doors.cli.main import app as cli
from tests.house import House

_SETTINGS: Final = ("database_url", "home", "networks", "public_url", "signers")


async def run(
    house: House, monkeypatch: pytest.MonkeyPatch, *words: str, typed: str | None = None
) -> Result:
    """Run a command in a thread, for it has a loop of its own."""
    for field in dataclasses.fields(house.settings):
        if field.name in _SETTINGS:
            value = str(getattr(house.settings, field.name))
            monkeypatch.setenv(f"SLUICE_{field.name.upper()}", value)
    try:
        return await asyncio.to_thread(lambda: CliRunner().invoke(cli, words, input=typed))
    finally:
        # The command sent all log lines of this process to its own output, which is closed now.
        house.take_logs()


def code_of(result: Result) -> str | None:
    """Return the code of the refusal that ended a command."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SluiceError), result.exception
    return result.exception.code
