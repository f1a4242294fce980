"""What a person reads of a training, in words and figures; and as plain lines, where there is no terminal."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from engine.language import text
from train.events import Compiling, Epoch, Event, Notice, Plan, Saved, Step
from train.watching.course import Course

APART = 30.0  # seconds, at least, between two lines about steps; and a tenth of an epoch


class PlainLines:
    """One line for the plan, for every tenth of an epoch, for each epoch, checkpoint and notice.

    Args:
        name: of what is trained.
        plan: of the training.
        console: where the lines go.
        clock: seconds, from any start; monotonic.
    """

    def __init__(
        self, name: str, plan: Plan, console: Console, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._course = Course(plan, clock)
        self._console = console
        self._said_after, self._said_at = plan.done, self._course.clock()
        self._say(f"{name}: {' · '.join(describe_plan(plan))}")

    def close(self) -> None:
        """Say nothing more."""

    def watch(self, event: Event) -> None:
        """Say what is to be said about an event."""
        course, plan = self._course, self._course.plan
        course.watch(event)
        match event:
            case Compiling() if not event.known:
                self._say(describe_compiling(event))
            case Step() if event.total > plan.done and self._is_due(event):
                self._said_after, self._said_at = event.total, course.clock()
                self._say(describe_step(course))
            case Epoch() if event.steps >= plan.done:
                self._said_after, self._said_at = event.steps, course.clock()
                self._say(describe_epoch(event, plan))
            case Saved():
                self._say(text(f"체크포인트를 저장했습니다: {event.path}", f"checkpoint saved: {event.path}"))
            case Notice():
                self._say(event.message)

    def _is_due(self, step: Step) -> bool:
        course = self._course
        enough = 10 * (step.total - self._said_after) >= course.plan.steps_per_epoch
        return enough and course.clock() - self._said_at >= APART

    def _say(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)


def describe_plan(plan: Plan) -> list[str]:
    """Return what is to be trained, item by item."""
    changed = f"{plan.trained_parameters:,}/" if plan.trained_parameters != plan.parameters else ""
    effective = f"{plan.effective_rows:,.0f}"
    validation, test = f"{plan.validation_rows:,}", f"{plan.test_rows:,}"
    items = [
        (True, text(f"{plan.rows:,}행 학습", f"{plan.rows:,} rows to train on")),
        (effective != f"{plan.rows:,}", text(f"유효 {effective}행", f"effectively {effective}")),
        (plan.validation_rows, text(f"검증 {validation}행", f"{validation} to validate")),
        (plan.test_rows, text(f"시험 {test}행", f"{test} to test")),
        (plan.labels, text(f"라벨 {plan.labels:,}개", f"{plan.labels:,} labels")),
        (True, text(f"매개변수 {changed}{plan.parameters:,}개", f"{changed}{plan.parameters:,} parameters")),
        (True, plan.devices),
    ]
    return [item for worth_saying, item in items if worth_saying]


def describe_compiling(event: Compiling) -> str:
    """Return what keeps the first step of a shape waiting."""
    rows, length = event.shape
    number = event.known + 1
    return text(
        f"{rows}×{length} 모양을 컴파일합니다({number}번째): 몇 초 걸립니다",
        f"compiling shape {rows}×{length} ({ordinal(number)}): takes some seconds",
    )


def describe_step(course: Course) -> str:
    """Return one line about the last step."""
    step = course.step
    figures = [text(f"손실 {course.loss:.3f}", f"loss {course.loss:.3f}")]
    if step:
        rate = f"{step.learning_rate:.2e}"
        figures.append(text(f"학습률 {rate}", f"learning rate {rate}"))
    if (tokens := course.pace.per_second(course.pace.tokens)) is not None:
        figures.append(text(f"토큰 {tokens:,.0f}개/초", f"{tokens:,.0f} tokens/s"))
    if course.remaining is not None:
        figures.append(describe_remaining(course.remaining))
    return f"{describe_position(course)} ({course.share:.0%}): {', '.join(figures)}"


def describe_position(course: Course) -> str:
    """Return which epoch and step the training is at."""
    epoch, steps = f"{course.epoch}/{course.plan.epochs}", f"{course.total:,}/{course.plan.steps:,}"
    return text(f"에폭 {epoch} · 단계 {steps}", f"epoch {epoch} · step {steps}")


def describe_epoch(epoch: Epoch, plan: Plan) -> str:
    """Return one line about an epoch."""
    number = f"{epoch.number}/{plan.epochs}"
    figures = [text(f"손실 {epoch.loss:.3f}", f"loss {epoch.loss:.3f}")]
    if epoch.validation_loss is not None:
        value = f"{epoch.validation_loss:.3f}"
        figures.append(text(f"검증 손실 {value}", f"validation loss {value}"))
    for level, accuracy in zip(name_levels(len(epoch.accuracy)), epoch.accuracy, strict=True):
        figures.append(f"{level} {accuracy:.1%}")
    if epoch.macro_f1 is not None:
        figures.append(f"macro-F1 {epoch.macro_f1:.3f}")
    figures.append(duration(epoch.seconds))
    if epoch.best:
        figures.append(text("지금까지 가장 좋음", "best so far"))
    return text(f"에폭 {number}: ", f"epoch {number}: ") + ", ".join(figures)


def name_levels(number: int) -> list[str]:
    """Return a name for each level of the label tree, the whole label last."""
    upper = [text(f"주제 {level}수준", f"topic level {level}") for level in range(1, number)]
    return [*upper, text("주제", "topic")][-number:] if number else []


def duration(seconds: float) -> str:
    """Return a time as on a clock, 12:01 or 1:02:11.

    Example:
        >>> duration(3731)
        '1:02:11'
    """
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def describe_remaining(seconds: float) -> str:
    """Return a time that is not known to the second."""
    minutes = round(seconds / 60)
    hours, minute = divmod(minutes, 60)
    if not minutes:
        return text("1분 안에 끝남", "less than a minute left")
    if not hours:
        return text(f"약 {minute}분 남음", f"about {minute} min left")
    return text(f"약 {hours}시간 {minute}분 남음", f"about {hours} h {minute} min left")


def ordinal(number: int) -> str:
    """Return an English ordinal: 1st, 2nd, 3rd, 4th, 11th."""
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
