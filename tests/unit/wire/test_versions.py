"""A version is a date and a train; newer ones than ours are welcome, malformed ones are not."""

import datetime as dt

import pytest

from sluice.base.errors import Invalid
from sluice.wire.versions import DEFAULT, read_version


def test_without_a_header_the_version_is_ours() -> None:
    version = read_version(None)

    assert version.text == DEFAULT == "2026-10-28.endive"
    assert (version.date, version.train) == (dt.date(2026, 10, 28), "endive")


@pytest.mark.parametrize(
    ("header", "date", "train"),
    [
        ("2026-10-28.endive", dt.date(2026, 10, 28), "endive"),
        ("2031-02-03.zucchini", dt.date(2031, 2, 3), "zucchini"),
        ("2026-03-04.preview", dt.date(2026, 3, 4), "preview"),
        ("2024-06-20", dt.date(2024, 6, 20), None),
        ("2026-10-28.endive; custom_checkout_beta=v1", dt.date(2026, 10, 28), "endive"),
        ("2026-10-28.preview;a=v1; b=v2", dt.date(2026, 10, 28), "preview"),
    ],
)
def test_a_dated_version_is_accepted_and_kept_for_the_echo(
    header: str, date: dt.date, train: str | None
) -> None:
    version = read_version(header)

    assert (version.text, version.date, version.train) == (header, date, train)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "latest",
        "2026",
        "2026-10",
        "2026-13-01.endive",
        "2026-02-30",
        "0000-01-01",
        "2026-10-28.",
        "2026-10-28.Endive",
        "2026-10-28.endive.more",
        " 2026-10-28",
        "2026-10-28.endive ",
        "2026-10-28.endive\r\nX: y",
        "\uff12026-10-28",
        "20261028",
        "2026-10-28; rm",
        "2026-10-28.endive" + "; a=v1" * 9,
    ],
)
def test_a_malformed_version_is_refused(header: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_version(header)

    assert caught.value.code == "api_version_invalid"
    assert "\n" not in caught.value.message


def test_behaviour_is_chosen_by_date() -> None:
    version = read_version("2026-10-28.endive")

    assert version.at_least(dt.date(2026, 10, 28))
    assert version.at_least(dt.date(2025, 3, 31))
    assert not version.at_least(dt.date(2026, 10, 29))
