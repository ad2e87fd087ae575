"""Characters that hide, reorder or break lines are refused; writing systems are not."""

import pytest

from sluice.wire.characters import echo, is_clean, is_clean_in_lines

HIDDEN = [
    "\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9f", "\u061c", "\u180e", "\u200b", "\u200e",
    "\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069", "\ufeff",
    "\ud800", "\udfff", "\ufdd0", "\ufffe", "\uffff",
]  # fmt: skip


@pytest.mark.parametrize("character", HIDDEN)
def test_a_hidden_character_is_refused_on_one_line_and_on_several(character: str) -> None:
    assert not is_clean(f"a{character}b")
    assert not is_clean_in_lines(f"a{character}b")


@pytest.mark.parametrize("character", ["\t", "\n", "\r"])
def test_a_line_end_is_refused_on_one_line_only(character: str) -> None:
    assert not is_clean(f"a{character}b")
    assert is_clean_in_lines(f"a{character}b")


@pytest.mark.parametrize(
    "text",
    ["", "plain", "J\u00fcrgen", "\u65e5\u672c\u8a9e", "\u05e9\u05dc\u05d5\u05dd", "\U0001f34e",
     "a\u0301", "a\u00a0b", "\U000f0000"],
)  # fmt: skip
def test_every_writing_system_is_welcome(text: str) -> None:
    assert is_clean(text)
    assert is_clean_in_lines(text)


def test_only_the_beginning_of_a_clean_text_is_said_back() -> None:
    assert echo("amout") == "amout"
    assert echo("a" * 500) == "a" * 100
    assert echo("a\nb") is None
    assert echo("\ud800") is None
