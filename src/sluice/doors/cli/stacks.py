"""sluice stacks: decode."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.describe import Form, describe_content, is_written

app = typer.Typer(help="Stacks: what its bytes say.", no_args_is_help=True)

_STDIN: Final = "-"


@app.command("decode")
def decode(
    source: Annotated[
        str,
        typer.Argument(
            metavar="HEX|ADDRESS|FILE|-",
            help="Hex with or without 0x, an address, a file of either or of bytes, or - for "
            "what comes in.",
        ),
    ],
    form: Annotated[
        Form | None,
        typer.Option("--as", help="Take the bytes for this; else the first byte decides."),
    ] = None,
) -> None:
    """Print an address, a Clarity value or a transaction as JSON; refuse what nodes refuse."""
    content = sys.stdin.buffer.read() if source == _STDIN else _content_of(source)
    typer.echo(json.dumps(describe_content(content, form), indent=2, ensure_ascii=False))


def _content_of(source: str) -> bytes:
    """Return what a file holds; where there is no such file, the words themselves."""
    try:
        return Path(source).read_bytes()
    except OSError as error:
        if is_written(source):
            return os.fsencode(source)
        why = error.strerror or "it cannot be read"
        raise Invalid(f"{source!r:.80} is neither hex nor an address nor a file: {why}.") from None
