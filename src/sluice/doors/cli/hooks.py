"""sluice hooks: register, list, health, remove."""

from typing import Annotated

import typer

from sluice.app.app import App
from sluice.base.errors import Invalid, SluiceError
from sluice.doors.cli.run import table, with_app
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.hook import Registrar
from sluice.engine.watcher.hooks import ensure_hooks, is_well, registrar_of, url_of

app = typer.Typer(
    help="Who tells us when a network has news: hooks kept at Chainhook.", no_args_is_help=True
)

Network = Annotated[
    str | None, typer.Argument(help="One network; every one that keeps hooks when left out.")
]


@app.command("register")
def register(network: Network = None) -> None:
    """Register hooks, or set right those that are there; to ask twice is to ask once."""

    async def run(built: App) -> None:
        for chain, registrar in _kept(built, network):
            hooks = await ensure_hooks(chain, built.settings.public_url)
            typer.echo(f"{chain.network.name}: {len(hooks)} at {registrar.name}")
            if not is_well(hooks):
                _tell(chain, "; ".join(hook.note for hook in hooks) or "nothing was registered")
                raise typer.Exit(1)

    with_app(run)


@app.command("list")
def list_all(network: Network = None) -> None:
    """Show our hooks as the services that keep them tell of them."""

    async def run(built: App) -> None:
        rows = [("network", "hook", "state", "posts to", "note")]
        for chain, registrar in _kept(built, network):
            url = url_of(chain, built.settings.public_url)
            rows += [
                (chain.network.name, hook.id, hook.state.value, hook.url, hook.note)
                for hook in await registrar.list(url)
            ]
        typer.echo(table(rows))

    with_app(run)


@app.command("health")
def health(network: Network = None) -> None:
    """Say whether each network's hooks are there and tell us; end with 1 when one does not."""

    async def run(built: App) -> None:
        failed = False
        for chain, registrar in _kept(built, network):
            try:
                hooks = await registrar.list(url_of(chain, built.settings.public_url))
            except SluiceError as error:
                failed = True
                _tell(chain, error.message)
                continue
            if is_well(hooks):
                typer.echo(f"{chain.network.name}: ok, {len(hooks)} at {registrar.name}")
                continue
            failed = True
            wrong = [f"{hook.id} is {hook.state}: {hook.note}" for hook in hooks]
            why = "; ".join(wrong) or "there is none"
            _tell(chain, f"{why}; run `sluice hooks register {chain.network.name}`")
        if failed:
            raise typer.Exit(1)

    with_app(run)


@app.command("remove")
def remove(
    network: Annotated[str, typer.Argument(help="The network.")],
    hook: Annotated[str | None, typer.Argument(help="One hook's id; all when left out.")] = None,
) -> None:
    """Remove our hooks of a network. The worker registers them again unless `hook_api` is gone."""

    async def run(built: App) -> None:
        for chain, registrar in _kept(built, network):
            found = await registrar.list(url_of(chain, built.settings.public_url))
            gone = [one.id for one in found if hook in {None, one.id}]
            if hook is not None and not gone:
                raise Invalid(f"{network} has no hook {hook}.", code="hook_unknown")
            for id_ in gone:
                await registrar.remove(id_)
            typer.echo(f"{network}: removed {len(gone)}")

    with_app(run)


def _kept(built: App, network: str | None) -> list[tuple[Chain, Registrar]]:
    """Return the networks that keep hooks, or refuse when the one named keeps none."""
    chains = list(built.chains) if network is None else [built.chains.find(network)]
    kept = [(chain, found) for chain in chains if (found := registrar_of(chain)) is not None]
    if not kept:
        raise Invalid(
            "No hooks are kept here: give the network a hook_api in the networks file.",
            code="hooks_not_kept",
        )
    return kept


def _tell(chain: Chain, why: str) -> None:
    typer.secho(f"{chain.network.name}: {why}", fg="red")
