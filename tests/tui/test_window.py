"""Which part of a long conversation is mounted."""

from hypothesis import given
from hypothesis import strategies as st

from tui.window import SIZE, STEP, Window

totals = st.integers(0, 5000)


def is_sound(window: Window, total: int) -> bool:
    return 0 <= window.first <= window.last <= total and window.last - window.first <= SIZE


@given(totals)
def test_the_newest_are_shown_first_and_all_can_be_reached(total: int) -> None:
    window = Window.newest(total)
    assert is_sound(window, total)
    assert window.last == total
    steps = 0
    while window.first > 0:
        before = window
        window = window.older()
        assert is_sound(window, total)
        assert window.last > before.first  # what was at the top is still there, so that it can stay in view
        steps += 1
    assert steps <= total // STEP + 1
    while window.last < total:
        before = window
        window = window.newer(total)
        assert is_sound(window, total)
        assert window.first < before.last
    assert window == Window.newest(total)


@given(totals, st.data())
def test_a_window_around_a_place_holds_it(total: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, max(0, total - 1)))
    window = Window.around(place, total)
    assert is_sound(window, total)
    assert not total or window.first <= place < window.last
    assert window.last - window.first == min(SIZE, total)


@given(totals, totals)
def test_a_window_fits_what_is_left(total: int, left: int) -> None:
    window = Window.newest(total).fitted(left)
    assert is_sound(window, left)
    assert not left or window.first < window.last or not total
