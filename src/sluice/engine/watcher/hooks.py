"""Keep our hooks: see that whoever should tell us does, and set right what is not.

A hook makes payments seen sooner and nothing else, so trouble with one is told and stops nothing.
"""

from collections.abc import Sequence

import structlog

from sluice.base.errors import SluiceError
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.hook import HookState, Registered, Registrar

log = structlog.get_logger()

_GOOD = frozenset({HookState.LISTENING, HookState.STARTING})


async def keep_hooks(chains: Sequence[Chain], public_url: str) -> None:
    """Look at every network's hooks, and register what is missing or wrong."""
    for chain in chains:
        if registrar_of(chain) is None:
            continue
        name = chain.network.name
        try:
            hooks = await ensure_hooks(chain, public_url)
        except SluiceError as error:
            log.warning("hooks.troubled", network=name, why=error.message[:200])
            continue
        for hook in hooks:
            if hook.state not in _GOOD:
                log.warning("hooks.wrong", network=name, hook=hook.id, notes=hook.note[:200])


async def ensure_hooks(chain: Chain, public_url: str) -> Sequence[Registered]:
    """Register one network's hooks unless they are well; return them as they are now.

    Raises ProviderTrouble. A network that keeps no hooks has none.
    """
    registrar = registrar_of(chain)
    if registrar is None:
        return []
    url = url_of(chain, public_url)
    hooks = await registrar.list(url)
    if hooks and all(hook.state in _GOOD for hook in hooks):
        return hooks
    tip = await chain.reader.tip()
    hooks = await registrar.register(url, since=tip.header.height)
    log.info("hooks.registered", network=chain.network.name, count=len(hooks))
    return hooks


def registrar_of(chain: Chain) -> Registrar | None:
    """Return who keeps the network's hooks."""
    return None if chain.hook is None else chain.hook.registrar


def url_of(chain: Chain, public_url: str) -> str:
    """Return where the network's deliveries go."""
    return f"{public_url.rstrip('/')}/hooks/{chain.network.name}"


def is_well(hooks: Sequence[Registered]) -> bool:
    """Say whether there are hooks and each of them tells us."""
    return bool(hooks) and all(hook.state in _GOOD for hook in hooks)
