"""The exercises of the quiet corner as plain lines, each when it is due."""

from collections.abc import Callable, Iterator

from counsel.plain_commands import nearest
from engine.characters import normalize
from engine.errors import CounselError
from engine.language import text
from engine.safety import judge
from tui import grounding
from tui.breathing import PATTERNS, Pattern, caution, timed_lines


def lead(
    which: str, say: Callable[[str], None], utterances: Iterator[str], sleep: Callable[[float], None]
) -> str | None:
    """Lead through an exercise; Ctrl+C ends it.

    Args:
        which: its key; the first one if empty.
        say: says a line.
        utterances: where a line goes on to the next sense, whatever was typed.
        sleep: waits some seconds.

    Returns:
        What was typed if someone is in danger, which must be answered; it ends the exercise.

    Raises:
        CounselError: there is no such exercise.
    """
    patterns = {pattern.key: pattern for pattern in PATTERNS}
    known = [*patterns, grounding.KEY]
    if which and which not in known:
        near = nearest(which, known)
        guess = text(f" {near}인가요?", f" Did you mean {near}?") if near else ""
        raise CounselError(
            text(
                f"{which}: 없는 운동입니다.{guess} 있는 것: {', '.join(known)}",
                f"{which}: no such exercise.{guess} There are {', '.join(known)}",
            )
        )
    if which == grounding.KEY:
        return _ground(say, utterances)
    try:
        _breathe(patterns.get(which, PATTERNS[0]), say, sleep)
    except KeyboardInterrupt:
        say("")  # the terminal wrote ^C into the line
        say(text("그만둘게요. 평소처럼 숨 쉬어요.", "Stopped. Breathe as usual."))
    return None


def _breathe(pattern: Pattern, say: Callable[[str], None], sleep: Callable[[float], None]) -> None:
    say(caution())
    now = 0.0
    for due, line in timed_lines(pattern):
        sleep(due - now)
        now = due
        say(line)


def _ground(say: Callable[[str], None], utterances: Iterator[str]) -> str | None:
    say(grounding.privacy())
    for step in grounding.STEPS:
        say(step.words)
        typed = normalize(next(utterances, ""))
        if judge(typed) is not None:
            return typed
    say(grounding.ending())
    return None
