"""spec/openapi.json and the tables of docs/reference/api.md, from the code: `make spec`."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from sluice.business.accounts.api_keys.model import BUNDLES, PERMISSIONS
from sluice.business.webhooks.deliveries.retry import PROFILES
from sluice.doors.api.describe import describe
from sluice.doors.api.table import ROUTES
from sluice.wire.errors import ANSWERS

ROOT: Final = Path(__file__).parents[1]
OPENAPI: Final = ROOT / "spec" / "openapi.json"
REFERENCE: Final = ROOT / "docs" / "reference" / "api.md"

_HOUR_S: Final = 3600


def main() -> None:
    """Write both files."""
    OPENAPI.write_text(openapi(), "utf-8")
    REFERENCE.write_text(reference(REFERENCE.read_text("utf-8")), "utf-8")


def openapi() -> str:
    """Return the OpenAPI document as it is kept."""
    return json.dumps(describe(ROUTES), indent=1, ensure_ascii=False) + "\n"


def reference(text: str) -> str:
    """Return the page with its tables written anew; each stands between two comments."""
    for name, rows in _TABLES.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, found, rest = text.partition(start)
        _, ended, after = rest.partition(end)
        if not (found and ended):
            raise SystemExit(f"{REFERENCE} has no place for the table of {name}")
        text = f"{before}{start}{_table(rows)}{end}{after}"
    return text


def _routes() -> Iterable[Sequence[str]]:
    yield "call", "what it does", "answers", "permission"
    for route in ROUTES:
        path = route.path.replace(":str}", "}")
        told = (route.verb.__doc__ or "").partition("\n")[0]
        yield f"`{route.method} {path}`", told, f"`{route.answers}`", f"`{route.permission}`"


def _errors() -> Iterable[Sequence[str]]:
    yield "kind", "status", "`type`", "`Stripe-Should-Retry`"
    for kind, answer in ANSWERS.items():
        retry = {True: "true", False: "false", None: "—"}[answer.retry]
        yield str(kind), str(answer.status), f"`{answer.type}`", retry


def _permissions() -> Iterable[Sequence[str]]:
    bundles = [name for name in BUNDLES if name != "client"]
    yield "permission", *(f"`{name}`" for name in bundles)
    for permission in PERMISSIONS:
        marks = ("●" if permission in BUNDLES[name] else "" for name in bundles)
        yield f"`{permission}`", *marks


def _profiles() -> Iterable[Sequence[str]]:
    yield "profile", "attempts", "seconds between them", "hours", "an answer may take"
    for profile in PROFILES.values():
        gaps = ", ".join(str(gap) for gap in profile.gaps_s)
        hours = f"{max(profile.span_s, profile.least_s) / _HOUR_S:.1f}"
        yield f"`{profile.name}`", str(profile.attempts_max), gaps, hours, f"{profile.timeout_s} s"


_TABLES: Final = {
    "routes": list(_routes()),
    "errors": list(_errors()),
    "permissions": list(_permissions()),
    "profiles": list(_profiles()),
}


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
