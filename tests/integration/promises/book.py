"""A book with a bit of everything in it, written by the system itself."""

from dataclasses import dataclass
from typing import Any

from sluice.business.accounts.merchants.edit import as_merchant, receive_with
from sluice.business.webhooks.deliveries.deliver import deliver_once
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.addresses import address_of
from sluice.engine.chains.sandbox.model import Include, Output
from sluice.engine.keys.receiving.activate import preview_account
from sluice.engine.sender.turn import send_once
from sluice.engine.watcher.follow import follow_once, follow_pending
from tests.simulation.doors import ask
from tests.simulation.world import DEPTH, REORG_MAX, Shop, World

# Where refunds and payouts go: an address at which nobody waits.
NOBODY = address_of(bytes(20))

_CHOICE = "payment_method_options[crypto][deposit_options]"


@dataclass
class Writer:
    """Asks, pays and mines, and lets the loops run after each."""

    world: World
    keys: int = 0

    async def post(self, shop: Shop, path: str, form: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
        """Send a request that must succeed."""
        self.keys += 1
        key = f"key-{self.keys}"
        answer = await ask(self.world.server, "POST", path, token=shop.token, form=form, key=key)
        assert answer.status == 200, answer.body
        return answer.json

    async def intent(self, shop: Shop, style: str = "address", amount: int = 2_000) -> Any:  # noqa: ANN401
        """Ask for a payment in USDC, told apart in a style."""
        form = {
            "amount": str(amount),
            "currency": "usd",
            "confirm": "true",
            "expires_in": "600",
            "payment_method_data[type]": "crypto",
            f"{_CHOICE}[networks][0]": "sandbox",
            f"{_CHOICE}[tokens][0]": "usdc",
            f"{_CHOICE}[style]": style,
        }
        return await self.post(shop, "/v1/payment_intents", form)

    async def session(self, shop: Shop) -> Any:  # noqa: ANN401
        """Open a checkout session for ten dollars and let the payer choose USDC."""
        line = "line_items[0][price_data]"
        form = {
            "mode": "payment",
            "success_url": "https://shop.example/thanks",
            f"{line}[currency]": "usd",
            f"{line}[unit_amount]": "1000",
            f"{line}[product_data][name]": "Tea",
        }
        session = await self.post(shop, "/v1/checkout/sessions", form)
        path = f"/v1/payment_intents/{session['payment_intent']}/confirm"
        chosen = {
            "payment_method_data[type]": "crypto",
            f"{_CHOICE}[networks][0]": "sandbox",
            f"{_CHOICE}[tokens][0]": "usdc",
        }
        return session, await self.post(shop, path, chosen)

    async def pay(self, intent: Any, part: int = 100) -> str:  # noqa: ANN401
        """Send so many hundredths of what an intent asks."""
        place = intent["next_action"]["crypto_display_details"]["deposit_addresses"]["sandbox"]
        token = place["supported_tokens"][0]
        units = int(token["expected_amount"]) * part // 100
        async with self.world.quiet.begin() as work:
            paid = await levers.pay(work, [Output("usdc", place["address"], units, token["memo"])])
        return paid.tx_id

    async def mine(self, count: int = 1) -> None:
        """Add blocks with what waits."""
        async with self.world.quiet.begin() as work:
            await levers.mine(work, count)
        await self.settle()

    async def settle(self) -> None:
        """Let every loop run until it has nothing to do."""
        app = self.world.app
        chain = app.chains.find("sandbox")
        while await follow_once(app.works, chain):
            pass
        await follow_pending(app.works, chain)
        while await app.relay.run_once():
            pass
        await send_once(app.sending)
        while await app.relay.run_once():
            pass
        while await deliver_once(app.deliverer):
            pass

    async def refund(self, intent: Any, **form: str) -> Any:  # noqa: ANN401
        """Refund a payment of the shop that has fees."""
        asked = {"payment_intent": intent["id"], **form}
        return await self.post(self.world.shops[1], "/v1/refunds", asked)

    async def leave(self) -> None:
        """Let what was asked to leave leave for good."""
        for _ in range(DEPTH + REORG_MAX):
            await self.world.advance(2)
            await self.mine()

    async def run_jobs(self) -> None:
        """Run what is due."""
        await self.world.app.jobs.run_once()
        await self.settle()


async def write_book(world: World) -> None:
    """Write a book: paid, final, pending, short, over, late, forked, expired and unannounced."""
    plain, fee, percent = world.shops
    writer = Writer(world)
    async with world.quiet.begin() as work:
        await levers.mine(work, REORG_MAX + 2)
    await world.app.jobs.plan()
    await writer.run_jobs()
    final = await writer.intent(fee)
    session, wanted = await writer.session(plain)
    await writer.session(percent)
    expiring, _ = await writer.session(percent)
    await writer.post(percent, f"/v1/checkout/sessions/{expiring['id']}/expire", {})
    late = await writer.intent(percent)
    await writer.pay(final)
    await writer.pay(wanted)
    await writer.mine(DEPTH + REORG_MAX)
    assert session["object"] == "checkout.session"
    for amount in ("500", "100"):
        await writer.refund(final, amount=amount, to_address=NOBODY)
    taken_back = await writer.refund(final, amount="7")
    await writer.post(fee, f"/v1/refunds/{taken_back['id']}/cancel", {})
    asset = {"amount": "1000000", "currency": "usdc", "destination": NOBODY}
    await writer.post(fee, "/v1/payouts", asset)
    await writer.leave()
    await writer.refund(final, amount="50")
    await world.advance(700)
    await writer.run_jobs()
    await writer.pay(late)
    await writer.intent(plain, "memo")
    await writer.intent(fee, "amount")
    await _receive_with(world, plain)
    own, _ = await writer.intent(plain), await writer.intent(plain)
    await writer.pay(own)
    short = await writer.intent(percent)
    over = await writer.intent(fee)
    await writer.pay(short, 40)
    await writer.mine(DEPTH)
    async with world.quiet.begin() as work:
        await levers.fork(work, DEPTH, include=Include.NONE)
    await writer.settle()
    await writer.pay(over, 150)
    await _pay_wallet(world, fee)
    await writer.mine(DEPTH)
    world.receiver.trouble = 1.0
    pending = await writer.intent(fee)
    await writer.pay(pending)
    await writer.mine(1)


async def _receive_with(world: World, shop: Shop) -> None:
    sandbox, key = world.app.chains.find("sandbox"), "sbpub" + "b" * 20
    first = preview_account(sandbox, key)[0]
    async with world.app.works.begin(as_merchant(shop.merchant_id, livemode=False)) as work:
        await receive_with(work, sandbox, key, first_address=first)


async def _pay_wallet(world: World, shop: Shop) -> None:
    assert shop.wallet is not None
    async with world.quiet.begin() as work:
        await levers.pay(work, [Output("btc", shop.wallet, 4_200)])
