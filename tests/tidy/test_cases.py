"""Every case of the attack catalogue is named by a test, or has a reason where cases are listed."""

import re
from collections.abc import Iterator
from typing import Final

from tests.tidy.test_tidy import ROOT, sources

# How many cases the catalogue has of each kind: deposits, watching, amounts, Bitcoin, sweeps,
# refunds, rates, x402, the web.
CATALOGUE: Final = {
    "E": 21, "W": 16, "T": 6, "B": 16, "F": 6, "R": 13, "Q": 8, "X": 9, "G": 13,
}  # fmt: skip
_HEADING: Final = "The attack catalogue:"
_ROW: Final = re.compile(r"^\| ([A-Z]\d\d[^|]*) \|", re.MULTILINE)
_IDS: Final = re.compile(r"([A-Z])(\d\d)(?:\u2013[A-Z](\d\d))?")


def listed(text: str) -> Iterator[str]:
    """Yield the ids of the rows of a table, ranges opened."""
    for row in _ROW.findall(text):
        for letter, first, last in _IDS.findall(row):
            for number in range(int(first), int(last or first) + 1):
                yield f"{letter}{number:02}"


def named() -> set[str]:
    """Return the ids that tests name: in the name of a test, or in its words."""
    found: set[str] = set()
    for source in sources("tests"):
        if source.path.suffix == ".py" and "tidy" not in source.path.parts:
            found |= {name.upper() for name in re.findall(r"(?<=_)[a-z]\d\d(?=_)", source.text)}
            found |= set(re.findall(r"\b[A-Z]\d\d\b", source.text))
    return found


def test_every_case_is_named_by_a_test_or_has_a_reason() -> None:
    catalogue = {
        f"{letter}{number:02}"
        for letter, count in CATALOGUE.items()
        for number in range(1, count + 1)
    }
    text = (ROOT / "tests" / "README.md").read_text().partition(_HEADING)[2]
    tested, reasons = (set(listed(part)) for part in text.split("`tidy/test_cases.py`", 1))

    assert tested | reasons == catalogue
    assert not tested & reasons
    assert sorted(tested - named()) == []


def test_ranges_are_opened() -> None:
    assert list(listed("| B01\u2013B03, E19 | x |\nB09\n| id | y |")) == [
        "B01",
        "B02",
        "B03",
        "E19",
    ]
