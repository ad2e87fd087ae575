"""sluice doctor: settings, database, keys, clock, networks, queues; each with what to do."""

import asyncio
import datetime as dt

import typer

from sluice.app.app import App
from sluice.base.errors import SluiceError
from sluice.base.migrate import pending
from sluice.base.outbox import store as outbox
from sluice.doors.cli.run import with_app
from sluice.engine.watcher.checks import inspect_chain
from sluice.engine.watcher.cursors import read_cursors

_CLOCK_MAX_S = 5.0


def doctor() -> None:
    """Look for what is wrong, and say what to do about it."""

    async def run(app: App) -> None:
        findings = [*await _database(app), *await _networks(app), *_settings(app)]
        for fine, text in findings:
            typer.secho(f"{'ok  ' if fine else 'FIX '} {text}", fg=None if fine else "red")
        if not all(fine for fine, _ in findings):
            raise typer.Exit(1)

    with_app(run)


async def _database(app: App) -> list[tuple[bool, str]]:
    behind = await asyncio.to_thread(pending, app.database.url)
    async with app.works.begin() as work:
        version = await work.value("SHOW server_version")
        theirs: dt.datetime = await work.value("SELECT clock_timestamp()")
        waiting = await outbox.waiting(work.connection)
    drift_s = abs((theirs - app.clock.now()).total_seconds())
    stuck = [row["reaction"] for row in waiting if row["attempts"] > 0]
    return [
        (True, f"PostgreSQL {version} answers"),
        (
            not behind,
            f"schema lacks {', '.join(behind)}: run `sluice migrate`"
            if behind
            else "schema is up to date",
        ),
        (drift_s < _CLOCK_MAX_S, f"clock differs from the database's by {drift_s:.1f} s"),
        (
            not stuck,
            f"reactions failing: {', '.join(stuck)}; see the log"
            if stuck
            else "no reaction is failing",
        ),
    ]


async def _networks(app: App) -> list[tuple[bool, str]]:
    findings: list[tuple[bool, str]] = []
    async with app.works.begin() as work:
        halted = {one.network: one.halted_reason for one in await read_cursors(work)}
    for chain in app.chains:
        name = chain.network.name
        try:
            await chain.reader.check()
            findings.append((True, f"{name}: {chain.reader.name} answers"))
            known = await inspect_chain(app.works, chain, is_forced=True)
            findings += [
                (one.finding.is_right, f"{name}: {one.finding.subject}: {one.finding.detail}")
                for one in known
            ]
        except SluiceError as error:
            findings.append((False, f"{name}: {error.message}"))
        if chain.network.livemode and chain.reader.name.startswith("1 of"):
            findings.append((False, f"{name}: one provider is believed alone; name a second one"))
        if halted.get(name):
            findings.append(
                (
                    False,
                    f"{name} is halted: {halted[name]}; look, then `sluice chains resume {name}`",
                )
            )
    return findings


def _settings(app: App) -> list[tuple[bool, str]]:
    url = app.settings.public_url
    local = "127.0.0.1" in url or "localhost" in url
    live = bool(app.chains.for_mode(livemode=True))
    return [
        (
            not (live and local),
            f"public URL is {url}" + (", which payers cannot reach" if live and local else ""),
        ),
        (
            not live or bool(app.settings.fixed_rates),
            "live prices are configured"
            if app.settings.fixed_rates or not live
            else "no live prices: set SLUICE_FIXED_RATES",
        ),
    ]
