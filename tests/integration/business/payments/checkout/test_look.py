"""A look at a payment: what was seen, how deep it is, and what tells one look from the next."""

from sluice.app.app import App
from sluice.business.payments.checkout.choose import choose
from sluice.business.payments.checkout.look import Sight, look_at, payer_of
from sluice.business.payments.checkout.model import Session
from sluice.business.payments.intents.model import Status
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.model import Output
from sluice.engine.watcher.follow import follow_once, follow_pending


async def test_a_payment_is_followed_from_the_mempool_until_it_is_final(
    app: App, session: Session
) -> None:
    untouched = await look(app, session)
    await pay(app, session, 10_000_000)
    pending = await look(app, session)
    sights = [await mined(app, session) for _ in range(3)]

    assert list(untouched.progress) == []
    assert [one.depth for one in pending.progress] == [0]
    assert pending.confirming is None
    assert pending.standing.visible == 1
    assert [sight.progress[0].depth for sight in sights] == [1, 2, 3]
    assert [sight.confirming and sight.confirming.depth for sight in sights] == [1, 2, None]
    assert sights[2].intent.status is Status.SUCCEEDED
    assert [sight.is_done for sight in (pending, *sights)] == [False] * 4
    assert sights[0].mark == sights[1].mark
    assert len({sight.mark for sight in (untouched, pending, sights[0], sights[2])}) == 4

    for _ in range(7):
        last = await mined(app, session)
    assert last.is_done


async def test_of_several_payments_the_shallowest_is_the_one_that_is_waited_for(
    app: App, session: Session
) -> None:
    await pay(app, session, 4_000_000)
    await mined(app, session)
    await pay(app, session, 6_000_000)
    sight = await mined(app, session)

    assert sorted(one.depth for one in sight.progress) == [1, 2]
    assert sight.confirming is not None
    assert sight.confirming.depth == 1


async def test_what_left_the_branch_is_remembered(app: App, session: Session) -> None:
    await pay(app, session, 10_000_000)
    await mined(app, session)
    async with app.works.begin() as work:
        await levers.fork(work, 1, keep=False)
    await settle(app)
    sight = await look(app, session)

    assert [transfer.units for transfer in sight.vanished] == [10_000_000]
    assert sight.standing.visible == 0
    assert sight.intent.status is Status.REQUIRES_ACTION


async def look(app: App, session: Session) -> Sight:
    """Look as the payer's page does."""
    async with app.works.begin(payer_of(session)) as work:
        return await look_at(work, session)


async def pay(app: App, session: Session, units: int) -> None:
    """Send USDC to the session's address, and let it be seen."""
    async with app.works.begin(payer_of(session)) as work:
        intent = await choose(work, session, "sandbox", "usdc", chains=app.chains, rates=app.rates)
        await levers.pay(work, [Output("usdc", intent.offers[0].address, units)])
    await settle(app)


async def mined(app: App, session: Session) -> Sight:
    """Add a block, let everything that follows from it happen, and look."""
    async with app.works.begin() as work:
        await levers.mine(work)
    await settle(app)
    return await look(app, session)


async def settle(app: App) -> None:
    """Follow the sandbox to its tip, and relay what became true."""
    sandbox = app.chains.find("sandbox")
    while await follow_once(app.works, sandbox):
        pass
    await follow_pending(app.works, sandbox)
    while await app.relay.run_once():
        pass
