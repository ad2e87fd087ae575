"""sluice rates: explain."""

import datetime as dt
from typing import Annotated

import typer

from sluice.app.app import App
from sluice.base.errors import Invalid
from sluice.doors.cli.run import table, with_app
from sluice.engine.rates.history.find import find_snapshot, work_out_again
from sluice.engine.rates.history.model import as_decimal
from sluice.engine.rates.market import Priced
from sluice.engine.rates.rules.model import read_pair
from sluice.wire.rate import show_price

app = typer.Typer(help="Prices, and what they were made of.", no_args_is_help=True)


@app.command("explain")
def explain(
    snapshot: Annotated[str, typer.Argument(help="rsn_…: the end of the source of an offer.")],
    pair: Annotated[str, typer.Argument(help="Such as BTC_USD.")],
    at: Annotated[str, typer.Option(help="When it was quoted (ISO 8601, UTC).")] = "",
) -> None:
    """Show what every venue had said, and work a quoted price out again of it."""
    wanted = read_pair(pair)
    if wanted is None:
        raise Invalid(f"{pair} is no pair; write BTC_USD.", param="pair")

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            kept = await find_snapshot(work, snapshot)
            instant = _instant(at) if at else kept.at
            found = await work_out_again(work, snapshot, wanted, instant)
        rows = [("venue", "pair", "price", "said at")]
        rows += [
            (
                one.source,
                f"{one.base}/{one.quote}",
                show_price(as_decimal(one.price)),
                str(one.observed_at),
            )
            for one in kept.said
        ]
        typer.echo(table(rows))
        for note in found.notes:
            typer.echo(f"note: {note}")
        if isinstance(found, Priced):
            typer.echo(f"{wanted} = {show_price(as_decimal(found.price))} by {found.source}")
        else:
            typer.echo(f"{wanted} had no price: {found.error}")

    with_app(run)


def _instant(text: str) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text} is no time; write 2026-03-02T12:00:00+00:00.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
