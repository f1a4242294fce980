"""The knobs, their preset, and the way back."""

from hypothesis import given
from hypothesis import strategies as st

from engine import PRESETS, Memory, Sampling
from engine.presets import preset_of
from tui.knobs import KNOBS, KnobHistory, Knobs

TURNS = st.sampled_from(sorted(KNOBS)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from([KNOBS[name].minimum, KNOBS[name].maximum]))
)
MOVES = st.lists(TURNS | st.sampled_from(sorted(PRESETS)))


def begun() -> KnobHistory:
    return KnobHistory(Knobs.begin(Sampling(), Memory(), KNOBS["pace"].default))


def move(history: KnobHistory, to: tuple[str, float] | str) -> None:
    now = history.now
    if isinstance(to, str):
        history.turn(now.preset_to(to))
    else:
        name, value = to
        history.turn(now.turned(name, type(KNOBS[name].default)(value)))


@given(MOVES)
def test_undo_goes_back_to_the_beginning_and_redo_to_the_end(moves: list[tuple[str, float] | str]) -> None:
    history = begun()
    stood = [history.now]
    for to in moves:
        move(history, to)
        if history.now != stood[-1]:  # what changes nothing is nothing to take back
            stood.append(history.now)
    for wanted in reversed(stood[:-1]):
        assert history.undo()
        assert history.now == wanted
    assert not history.undo()
    for wanted in stood[1:]:
        assert history.redo()
        assert history.now == wanted
    assert not history.redo()


@given(MOVES)
def test_resetting_every_knob_gives_the_preset_whose_name_is_shown(
    moves: list[tuple[str, float] | str],
) -> None:
    history = begun()
    for to in moves:
        move(history, to)
    for name in KNOBS:
        history.turn(history.now.turned(name, history.default_of(name)))
        assert not history.is_changed(name)
    found = preset_of(history.now.sampling)
    assert found is not None
    assert found.name == history.now.preset
    assert not history.is_preset_changed


def test_a_movement_is_taken_back_as_one() -> None:
    history = begun()
    for place, value in enumerate((0.8, 0.9, 1.0)):
        history.turn(history.now.turned("temperature", value), goes_on=place > 0)
    assert history.undo()
    assert history.now.sampling == Sampling()
