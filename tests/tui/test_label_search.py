"""Finding labels by what is typed of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.jamo import FINALS, INITIALS, VOWELS, apart, parts, syllable
from tui.label_search import finds

SYLLABLES = st.builds(syllable, st.sampled_from(INITIALS), st.sampled_from(VOWELS), st.sampled_from(FINALS))
NAMES = st.text(SYLLABLES, min_size=1, max_size=6)


@pytest.mark.parametrize(
    "typed",
    [
        "불면",
        "면",
        "증상/불면",
        "증상불면",
        "ㅂㅁ",
        "ㅈㅅㅂㅁ",
        "ㅈㅅ ㅂㅁ",
        "불ㅁ",
        "부",
        "증상 부",
        "불면 증상",
        "",
        "  ",
    ],
)
def test_these_find_it(typed: str) -> None:
    assert finds(typed, "증상/불면")


@pytest.mark.parametrize("typed", ["불안", "ㅁㅂ", "부면", "증상 불안", "ㅂㅁㅈ", "x", "ㅏ"])
def test_these_do_not(typed: str) -> None:
    assert not finds(typed, "증상/불면")


def test_an_input_method_may_put_initials_together() -> None:
    assert finds("ㅄ", "일반/병상")  # ㅂㅅ, typed one after the other
    assert finds("불면", "증상/불면")  # decomposed, as macOS gives it
    assert finds("panic", "증상/Panic")


@given(NAMES, st.data())
def test_any_part_of_a_name_finds_it_in_full_and_by_its_initials(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 1))
    part = name[start : data.draw(st.integers(start + 1, len(name)))]
    assert finds(part, f"관계/{name}")
    assert finds("".join(parts(letter)[0] for letter in part), f"관계/{name}")


@given(NAMES, NAMES)
def test_nothing_is_found_by_other_initials(name: str, other: str) -> None:
    initials = "".join(parts(letter)[0] for letter in name)
    wanted = "".join(parts(letter)[0] for letter in other)
    assert finds(wanted, name) == (wanted in initials)


@given(st.sampled_from(FINALS[1:]))
def test_two_consonants_come_apart_and_one_stays(final: str) -> None:
    assert all(letter in INITIALS for letter in apart(final))
    assert (len(apart(final)) == 1) == (final in INITIALS)
