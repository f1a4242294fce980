"""The pace of a reply, on a clock that only moves when somebody waits."""

from collections.abc import Callable
from threading import Condition, Event, Thread

import numpy as np
import pytest

from engine import Engine, Reply, Sampling, Token
from tui.pace import PACE, Pace


class Clock(Condition):
    """Waiting moves the time on, and what is planned for a time is done then."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self._planned: list[tuple[float, Callable[[], object]]] = []

    def at(self, seconds: float, what: Callable[[], object]) -> None:
        self._planned.append((1000.0 + seconds, what))

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.now += timeout
        assert self.now < 2000, "waits for ever"
        due = [plan for plan in self._planned if plan[0] <= self.now]
        self._planned = [plan for plan in self._planned if plan[0] > self.now]
        for _, what in due:
            what()
        return bool(due)

    @property
    def elapsed(self) -> float:
        return self.now - 1000.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


def token(text: str) -> Token:
    return Token(1, text, 1.0, Sampling(), np.zeros(2, np.float32), (), 0, str)


def never() -> bool:
    return False


def paced(clock: Clock, speed: float) -> Pace:
    return Pace(speed, lambda: clock.now, clock)


def test_a_text_takes_as_long_as_it_takes_to_read(clock: Clock) -> None:
    pace = paced(clock, 10.0)
    for _ in range(20):
        pace.wait(token("마음이 "), never)
    assert clock.elapsed == pytest.approx(8.0, abs=0.15)


def test_the_time_that_the_model_takes_is_part_of_it(clock: Clock) -> None:
    pace = paced(clock, 10.0)
    for _ in range(20):
        clock.now += 0.08
        pace.wait(token("마음이 "), never)
    assert clock.elapsed == pytest.approx(8.0, abs=0.15)


def test_a_model_slower_than_the_pace_is_never_delayed(clock: Clock) -> None:
    pace = paced(clock, 100.0)
    for _ in range(20):
        clock.now += 0.3
        pace.wait(token("네"), never)
    assert clock.elapsed == pytest.approx(6.0)


def test_without_a_pace_nothing_waits(clock: Clock) -> None:
    paced(clock, 0.0).wait(token("마음이 "), never)
    assert clock.elapsed == 0


def test_a_pace_that_is_changed_while_it_waits_holds_at_once(clock: Clock) -> None:
    pace = paced(clock, 0.1)
    clock.at(2, lambda: setattr(pace, "characters_per_second", 0.0))
    pace.wait(token("마음이 "), never)
    assert clock.elapsed == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("held", [False, True])
def test_stopping_is_noticed_within_50_milliseconds(clock: Clock, held: bool) -> None:
    pace = paced(clock, 0.1)
    if held:
        pace.hold()
    pace.wait(token("마음이 "), lambda: clock.elapsed >= 3)
    assert 3 <= clock.elapsed < 3.05


def test_held_each_step_lets_one_token_through(clock: Clock) -> None:
    pace = paced(clock, 10.0)
    pace.hold()
    for second in (3, 8, 20):
        clock.at(second, pace.step)
        pace.wait(token("마음이 "), never)
        assert clock.elapsed == pytest.approx(second, abs=0.05)
    clock.at(30, pace.go_on)
    pace.wait(token("마음이 "), never)
    pace.wait(token("마음이 "), never)
    assert clock.elapsed == pytest.approx(30.4, abs=0.15)
    assert not pace.is_held


def test_steps_are_not_saved_up(clock: Clock) -> None:
    """Whoever holds the key down while the model is slow would otherwise see it run on after they let go."""
    pace = paced(clock, 10.0)
    pace.hold()
    for _ in range(5):
        pace.step()
    clock.at(4, pace.step)
    pace.wait(token("마음이 "), never)
    assert clock.elapsed == pytest.approx(4, abs=0.05)


def test_a_thread_that_waits_hears_of_a_step_and_of_a_stop() -> None:
    for end in ("step", "stop"):
        pace, waits, stopped = Pace(0.01), Event(), Event()
        pace.hold()

        def should_stop(waits: Event = waits, stopped: Event = stopped) -> bool:
            waits.set()  # it is asked while waiting
            return stopped.is_set()

        thread = Thread(target=pace.wait, args=(token("마음이 "), should_stop), daemon=True)
        thread.start()
        assert waits.wait(5)
        pace.step() if end == "step" else stopped.set()
        thread.join(5)
        assert not thread.is_alive(), end


def test_a_knob_turned_while_a_token_waits_holds_for_the_next_guessed_or_not(trained_engine: Engine) -> None:
    """The trained model knows its replies by heart, so that most of its tokens are guessed and computed in advance."""
    question, sampling = "요즘 잠 때문에 힘들어", Sampling(temperature=0.0)
    whole = trained_engine.reply(question, sampling=sampling)
    assert whole.timings.drafted > 1
    for place in range(1, len(whole.token_ids)):
        now, told = sampling, 0
        for event in trained_engine.stream(question, sampling=lambda: now):  # noqa: B023 -- asked while it runs
            if isinstance(event, Token):
                told += 1
                if told == place:
                    now = Sampling(temperature=0.0, max_new_tokens=place)
        assert isinstance(event, Reply)
        assert len(event.token_ids) == place
        assert event.samplings[-1] == (place, now)


def test_the_pace_by_default_is_one_to_read_along() -> None:
    assert 8 <= PACE.default <= 15
    assert PACE.minimum == 0
