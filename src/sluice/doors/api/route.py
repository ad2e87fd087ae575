"""Route and Call: what a route is, and what its function is given."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sluice.app.app import App
from sluice.base.limits.presets import Limited
from sluice.base.work import Work
from sluice.business.accounts.api_keys.authenticate import Caller
from sluice.wire.given import Given
from sluice.wire.shapes import Shape

Shown = dict[str, Any]
Method = Literal["GET", "POST", "DELETE"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through a route: what was given, by whom, and its Work."""

    app: App
    work: Work
    caller: Caller
    given: Given
    path: Mapping[str, str]
    idempotency_key: str | None
    prepared: Any = None  # what the route's `prepare` returned


Verb = Callable[[Call], Awaitable[Shown]]
# Asks a network before the Work begins; it is given the app, who asks, what, and the path.
Prepare = Callable[[App, Caller, Given, Mapping[str, str]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """One way to call the API. `path` has names in braces; `answers` is the kind of object."""

    method: Method
    path: str
    verb: Verb
    shape: Shape
    permission: str
    answers: str
    client: bool = False  # open to publishable keys with a client secret
    limited: Limited | None = None
    prepare: Prepare | None = None
