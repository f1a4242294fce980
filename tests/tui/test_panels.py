"""Which panels are open, for any history of asking for them."""

from hypothesis import given
from hypothesis import strategies as st

from tui.panels import SAMPLING, TOPICS, Panels, room_for

NAMES = st.sampled_from((TOPICS, SAMPLING))
ROOMS = st.integers(0, 2)
HISTORY = st.lists(st.tuples(st.booleans(), NAMES, ROOMS))


@given(HISTORY, NAMES, ROOMS)
def test_what_is_asked_for_is_shown_and_no_more_than_has_room(
    history: list[tuple[bool, str, int]], name: str, room: int
) -> None:
    panels = Panels()
    for opens, panel, there in history:
        panels = panels.opened(panel, there) if opens else panels.closed(panel, there)
    opened = panels.opened(name, room)
    assert name in opened.shown(room)
    assert len(set(opened.shown(room))) == len(opened.shown(room)) <= max(1, room)
    assert name not in opened.closed(name, room).shown(room)


@given(st.lists(st.tuples(st.booleans(), NAMES)))
def test_what_slides_over_a_narrow_terminal_is_not_remembered(history: list[tuple[bool, str]]) -> None:
    panels = Panels((SAMPLING,))
    for opens, panel in history:
        panels = panels.opened(panel, 0) if opens else panels.closed(panel, 0)
    assert panels.beside == (SAMPLING,)


def test_the_room_that_the_columns_give() -> None:
    assert [room_for(columns) for columns in (80, 89, 90, 119, 120, 200)] == [0, 0, 1, 1, 2, 2]
