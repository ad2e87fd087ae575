"""Hooks at both services of Chainhook: made once however often asked; others' are let be."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from sluice.base.clock import ManualClock
from sluice.engine.chains.hook import HookState, Registrar
from sluice.engine.chains.stacks.chainhooks.hosted import HostedHooks
from sluice.engine.chains.stacks.chainhooks.own import OwnHooks
from sluice.engine.chains.stacks.chainhooks.wanted import Wish
from sluice.engine.chains.stacks.faults import ApiTrouble
from sluice.engine.chains.stacks.provider import Provider
from tests.stacks.chain import SBTC, StacksChain
from tests.stacks.fixtures import stacks

__all__ = ["stacks"]

URL: Final = "http://127.0.0.1:9/hooks/stacks_development"
SECRET: Final = "a secret of sixteen letters or more"
SHOP: Final = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"
OTHER_TOKEN: Final = f"{SHOP}.dollar::dollar"
WISH: Final = Wish("stacks_development", False, (SBTC, OTHER_TOKEN), SECRET)  # noqa: FBT003

Make = Callable[[Wish], Registrar]


@pytest.fixture(params=["own", "hosted", "hosted_v1_path"])
async def make(request: pytest.FixtureRequest, stacks: StacksChain, clock: ManualClock) -> Make:
    """Return what makes a registrar at one of the services."""
    if request.param != "own":
        # The secret that the service shows is made there; here a test may choose it.
        await show_secret(stacks)

    def build(wish: Wish) -> Registrar:
        provider = Provider(stacks.url, stacks.egress, clock)
        if request.param == "own":
            return OwnHooks(provider, wish)
        path = "/chainhooks/me" if request.param == "hosted" else "/chainhooks/v1/me"
        return HostedHooks(provider, wish, path=path)

    return build


async def show_secret(stacks: StacksChain) -> None:
    """Let the service show our secret, which it would make itself; a hook of others comes along."""
    theirs = {"name": "theirs", "chain": "stacks", "network": "testnet", "action": {"url": URL}}
    await stacks.pull("chainhooks", version=2, url=URL, filters={"events": []}, secret=SECRET,
                      definition=theirs)  # fmt: skip


def states(hooks: Any) -> set[HookState]:  # noqa: ANN401
    return {hook.state for hook in hooks}


async def test_to_ask_twice_is_to_ask_once(make: Make) -> None:
    hooks = make(WISH)
    assert await hooks.list(URL) == []

    first = await hooks.register(URL, since=3)
    second = await hooks.register(URL, since=9)

    assert [hook.id for hook in first] == [hook.id for hook in second]
    assert states(second) == {HookState.LISTENING}
    assert {hook.url for hook in second} == {URL}


async def test_a_hook_that_posts_elsewhere_is_made_right(make: Make) -> None:
    hooks = make(WISH)
    await hooks.register("http://127.0.0.1:9/hooks/old", since=3)
    assert states(await hooks.list(URL)) == {HookState.DIFFERENT}

    again = await hooks.register(URL, since=3)

    assert states(again) == {HookState.LISTENING}
    assert {hook.url for hook in again} == {URL}


async def test_a_hook_that_tells_of_less_is_made_right(make: Make) -> None:
    await make(replace(WISH, tokens=(SBTC,))).register(URL, since=3)

    again = await make(WISH).register(URL, since=3)

    assert states(again) == {HookState.LISTENING}
    assert states(await make(replace(WISH, tokens=(SBTC,))).list(URL)) >= {HookState.DIFFERENT}


async def test_another_secret_is_told(make: Make) -> None:
    await make(WISH).register(URL, since=3)

    found = await make(replace(WISH, secret="another secret of ours ...")).list(URL)

    assert states(found) == {HookState.DIFFERENT}


async def test_hooks_of_others_are_let_be(make: Make) -> None:
    other = replace(WISH, network="stacks_elsewhere")
    theirs = await make(other).register(URL, since=3)
    ours = await make(WISH).register(URL, since=3)

    for hook in (*theirs, *ours):
        await make(WISH).remove(hook.id)

    assert await make(WISH).list(URL) == []
    assert [hook.id for hook in await make(other).list(URL)] == [hook.id for hook in theirs]


async def test_what_is_gone_may_be_removed_again(make: Make) -> None:
    hooks = make(WISH)
    [first, *_] = await hooks.register(URL, since=3)

    await hooks.remove(first.id)
    await hooks.remove(first.id)

    assert first.id not in {hook.id for hook in await hooks.list(URL)}


@pytest.mark.parametrize("kind", ["status", "garbage", "hangup", "limited"])
async def test_a_service_in_trouble_says_so(make: Make, stacks: StacksChain, kind: str) -> None:
    rule = {"provider": "", "path": "chainhooks", "kind": kind, "status": 500}
    await stacks.pull("trouble", rules=[rule])

    with pytest.raises(ApiTrouble):
        await make(WISH).list(URL)
    with pytest.raises(ApiTrouble):
        await make(WISH).register(URL, since=3)


async def test_a_hosted_hook_that_was_switched_off_is_switched_on(
    stacks: StacksChain, clock: ManualClock
) -> None:
    await show_secret(stacks)
    provider = Provider(stacks.url, stacks.egress, clock)
    hooks = HostedHooks(provider, replace(WISH, receivers=(SHOP,)))
    [made] = await hooks.register(URL, since=3)
    await provider.exchange(
        f"/chainhooks/me/{made.id}/enabled", b'{"enabled": false}', method="PATCH"
    )
    [off] = await hooks.list(URL)

    [on] = await hooks.register(URL, since=3)

    assert (made.state, off.state, on.state) == (
        HookState.LISTENING,
        HookState.OFF,
        HookState.LISTENING,
    )


async def test_two_of_one_become_one(stacks: StacksChain, clock: ManualClock) -> None:
    await show_secret(stacks)
    hooks = HostedHooks(Provider(stacks.url, stacks.egress, clock), WISH)
    await hooks.register(URL, since=3)
    definition = (await stacks.get("/chainhooks/me/"))["results"][-1]["definition"]
    await stacks.pull("chainhooks", version=2, name=definition["name"], url=URL,
                      filters=definition["filters"], definition=definition)  # fmt: skip
    assert len(await hooks.list(URL)) == 2

    assert len(await hooks.register(URL, since=3)) == 1


async def test_a_hosted_service_without_a_secret_is_told(
    stacks: StacksChain, clock: ManualClock
) -> None:
    hooks = HostedHooks(Provider(stacks.url, stacks.egress, clock), WISH)

    [made] = await hooks.register(URL, since=3)

    assert made.state is HookState.DIFFERENT
    assert "no secret" in made.note
