"""Templates and assets: what is in the folders beside this file, read once."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sluice.doors.web.checkout.claim_view import ClaimPage
from sluice.doors.web.checkout.figures import clock_time, epoch_ms
from sluice.doors.web.checkout.view import Page
from sluice.doors.web.checkout.words import Problem

_HERE: Final = Path(__file__).parent
_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that never changes under its name, which holds a digest of its content."""

    name: str
    media_type: str
    content: bytes


class Renderer:
    """Turns pages and problems into HTML. Everything put into a template is escaped."""

    def __init__(self, host: str) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        found = {file.name: _read(file) for file in sorted((_HERE / "static").iterdir())}
        self.assets = {asset.name: asset for asset in found.values()}
        self._environment.filters |= {"clock_time": clock_time, "epoch_ms": epoch_ms}
        self._environment.globals |= {
            "host": host,
            "asset": {name: f"/assets/{asset.name}" for name, asset in found.items()},
        }

    def page(self, page: Page, **values: Any) -> bytes:  # noqa: ANN401 - what the template names
        """Render the page of a session."""
        return self._render("session.html", page=page, **values)

    def claim(self, page: ClaimPage, **values: Any) -> bytes:  # noqa: ANN401
        """Render the page of a refund."""
        return self._render("claim.html", page=page, **values)

    def problem(self, problem: Problem, *, retry: str | None, request_id: str) -> bytes:
        """Render what is shown instead; `retry` is where trying again leads."""
        return self._render("problem.html", problem=problem, retry=retry, request_id=request_id)

    def _render(self, template: str, **values: Any) -> bytes:  # noqa: ANN401
        return self._environment.get_template(template).render(values).encode()


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    digest = hashlib.blake2b(content, digest_size=6).hexdigest()
    return Asset(f"{file.stem}-{digest}{file.suffix}", _TYPES[file.suffix], content)
