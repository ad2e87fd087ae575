"""What a test needs and a machine lacks: a reason to skip it at home, a failure in CI."""

import os
from typing import Final, NoReturn

import pytest

# Set by whoever builds the project: there every tool is installed first, so one that is missing
# would only hide what it proves.
BUILDING: Final = bool(os.environ.get("CI"))  # noqa: TID251 - a setting of the tests only


def absent(reason: str) -> NoReturn:
    """Skip the test for a reason, or fail it where nothing may be missing."""
    if BUILDING:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
