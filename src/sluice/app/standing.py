"""How this installation stands: asked of each noun when somebody looks at the metrics."""

from prometheus_client import Metric

from sluice.app.app import App
from sluice.base.jobs import store as jobs
from sluice.base.observe.standing import Following, Waiting, standing_figures
from sluice.base.outbox import store as outbox
from sluice.business.webhooks.deliveries.queue import read_waiting
from sluice.engine.watcher.cursors import read_cursors


async def read_standing(app: App) -> list[Metric]:
    """Return heights and queues as figures; Unavailable without a database."""
    async with app.works.look() as work:
        followed = [
            Following(one.network, one.height, one.moved_at, one.halted_reason is not None)
            for one in await read_cursors(work)
        ]
        facts = {row["reaction"]: row for row in await outbox.waiting(work.connection)}
        waiting = [
            Waiting(name, row["waiting"] if row else 0, row["oldest"] if row else None)
            for name, row in ((name, facts.get(name)) for name in app.relay.names)
        ]
        waiting.append(Waiting("jobs", *await jobs.waiting(work)))
        waiting.append(Waiting("deliveries", *await read_waiting(work)))
        return standing_figures(followed, waiting, work.now)
