"""The vectors of x402."""

import base64
import json
from pathlib import Path
from typing import Any, Final, TypeAlias

# JSON as others wrote it.
Case: TypeAlias = dict[str, Any]

V2: Final[Case] = json.loads(
    (Path(__file__).parents[4] / "spec" / "vectors" / "x402" / "v2.json").read_text()
)
HEADERS: Final = V2["headers"]
DECODED: Final = V2["decoded"]
NEGATIVE: Final = {case["id"]: case for case in V2["negative"]}


def header(value: object) -> str:
    """Return any JSON as a header."""
    return base64.b64encode(json.dumps(value).encode()).decode()


def opened(text: str) -> Any:  # noqa: ANN401 - JSON as it was written
    """Return what a header holds."""
    return json.loads(base64.b64decode(text))
