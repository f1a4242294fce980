"""The rows of the sampling panel: a name on the left, and on the right a value that keys and mouse change."""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from engine import CounselError, Parameter
from engine.language import text
from engine.parameters import number
from tui.bars import bar, fit
from tui.knobs import KNOBS

_COARSE = 5  # steps
_VALUE, _BAR = 5, 5  # cells
_NAME = max(map(len, KNOBS)) + 1  # cells, where there is room
_DIGITS = frozenset("0123456789.-")
_LONGEST = 12  # digits of a number that is typed
Turn = Callable[[str, float, bool], None]


class Row(Widget, can_focus=True):
    """A line with a name on the left, whose value ←/→ change."""

    BINDING_GROUP_TITLE = text("샘플링 패널", "Sampling panel")
    BINDINGS = [
        Binding(
            "left",
            "change(-1)",
            text("줄이기", "less"),
            tooltip=text("값을 한 칸 줄이기", "Turn the value down by a step"),
        ),
        Binding(
            "right",
            "change(1)",
            text("늘리기", "more"),
            tooltip=text("값을 한 칸 늘리기", "Turn the value up by a step"),
        ),
        Binding(
            "shift+left",
            f"change(-{_COARSE})",
            show=False,
            tooltip=text("값을 크게 줄이기", "Turn the value far down"),
        ),
        Binding(
            "shift+right",
            f"change({_COARSE})",
            show=False,
            tooltip=text("값을 크게 늘리기", "Turn the value far up"),
        ),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding(
            "delete,backspace",
            "reset",
            text("처음 값", "reset"),
            tooltip=text("프리셋의 값으로 되돌리기", "Go back to the preset's value"),
        ),
        Binding(
            "enter",
            "enter",
            show=False,
            tooltip=text("적은 수를 정하기, 씨앗을 고정하기", "Take the number typed, fix the seed"),
        ),
    ]

    @dataclass
    class Explained(Message):
        """What there is to say of the row is another thing now."""

    @property
    def name_width(self) -> int:
        """The cells of the name, as many as leave room for a value and a bar."""
        return min(_NAME, self.size.width - _VALUE - _BAR)

    @property
    def explanation(self) -> str:
        """A line on what this row does."""
        raise NotImplementedError

    @property
    def is_refused(self) -> bool:
        """Whether the explanation says why a value cannot be taken."""
        return False

    def action_move(self, rows: int) -> None:
        """Go to the row above or below, and stop at the ends."""
        assert self.parent is not None
        all_rows = [row for row in self.parent.children if isinstance(row, Row)]
        place = all_rows.index(self) + rows
        self.screen.set_focus(all_rows[min(len(all_rows) - 1, max(0, place))])

    def action_enter(self) -> None:
        """Do what Enter is for; most rows have nothing."""


class ParameterRow(Row):
    """One parameter: name, bar, value, and a star if a reset would change it.

    Args:
        name: of the parameter.
        parameter: what is known of it.
        value: to begin with.
        turn: takes the name, another value, and whether it belongs to the same movement as the one before; called at
            once, since further keys may be on their way, which count from what the panel shows then.
    """

    BINDINGS = [Binding("escape", "leave", show=False)]

    value: reactive[float] = reactive(0.0)
    default: reactive[float] = reactive(0.0)
    typed: reactive[str | None] = reactive(None)  # a number on its way, while one is

    def __init__(self, name: str, parameter: Parameter, value: float, turn: Turn) -> None:
        super().__init__(id=f"parameter-{name}")
        self.parameter_name = name
        self._turn = turn
        self._parameter = parameter
        self._refusal = ""
        self.set_reactive(ParameterRow.value, value)
        self.set_reactive(ParameterRow.default, value)

    @property
    def explanation(self) -> str:
        """What the parameter does, named in full where the row had to cut its name; while one types, what may be."""
        if self._refusal:
            return self._refusal
        if self.typed is not None:
            return text(
                f"{self._parameter.allowed}. Enter로 정하고 Esc로 그만둡니다.",
                f"{self._parameter.allowed}. Enter takes it, Esc leaves it.",
            )
        cut = len(self.parameter_name) > self.name_width
        return (f"{self.parameter_name}: " if cut else "") + self._parameter.explanation

    @property
    def is_refused(self) -> bool:
        """Whether the number that was typed cannot be taken."""
        return bool(self._refusal)

    @property
    def is_changed(self) -> bool:
        """Whether a reset would change the value."""
        return self.value != self.default

    def render(self) -> Content:
        """Draw the row in one line."""
        name = fit(self.parameter_name, self.name_width)
        room = self.size.width - self.name_width
        if self.typed is not None:
            return Content.assemble(name, self.typed.rjust(room - 1), (" ", "reverse"))
        value = self.shown_value
        return Content.assemble(
            name,
            (bar(self._share, room - len(value)), "$accent"),
            (value, "bold" if self.is_changed else ""),
        )

    @property
    def shown_value(self) -> str:
        """The value in the cells on the right."""
        return ("*" if self.is_changed else " ") + number(self.value).rjust(_VALUE - 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let Escape do what it does elsewhere, unless a number is being typed."""
        return self.typed is not None if action == "leave" else super().check_action(action, parameters)

    def action_change(self, steps: int) -> None:
        """Move the value by so many steps."""
        self.set_value(self._parameter.clamp(self.value + steps * self._parameter.step))

    def action_reset(self) -> None:
        """Go back to the value of the preset; while one types, take the last digit away."""
        if self.typed is not None:
            self._type(self.typed[:-1] or None)
        else:
            self.set_value(self.default)

    def action_enter(self) -> None:
        """Take the number that was typed, or say why that cannot be."""
        if not self.typed:
            self.action_leave()
            return
        try:
            self.set_value(read_number(self.typed, self._parameter))
        except CounselError as error:
            self._refusal = str(error)
            self.post_message(self.Explained())

    def action_leave(self) -> None:
        """Forget the number that was typed."""
        self._type(None)

    def on_blur(self) -> None:
        """Forget the number that was typed."""
        self.action_leave()

    def on_key(self, event: events.Key) -> None:
        """Take a digit of a number; all other letters are for the prompt."""
        if event.character in _DIGITS:
            event.stop()
            self._type(((self.typed or "") + event.character)[:_LONGEST])

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Set the value to the place on the bar, and follow the mouse until it is let go."""
        if event.button == 1 and 0 <= event.x - self.name_width < self._bar_width:
            self.capture_mouse()
            self._point_to(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse."""
        if self.app.mouse_captured is self:
            self._point_to(event.x, goes_on=True)

    def on_mouse_up(self) -> None:
        """Let the mouse go."""
        self.release_mouse()

    def set_value(self, value: float, *, goes_on: bool = False) -> None:
        """Tell the panel another value, which it shows then."""
        self.action_leave()
        if value != self.value:
            self._turn(self.parameter_name, value, goes_on)

    @property
    def _share(self) -> float:
        span = self._parameter.maximum - self._parameter.minimum
        return (self.value - self._parameter.minimum) / span

    @property
    def _bar_width(self) -> int:
        return self.size.width - self.name_width - len(self.shown_value)

    def _point_to(self, x: int, *, goes_on: bool = False) -> None:
        share = min(1.0, max(0.0, (x - self.name_width + 0.5) / max(1, self._bar_width)))
        span = self._parameter.maximum - self._parameter.minimum
        self.set_value(self._parameter.clamp(self._parameter.minimum + share * span), goes_on=goes_on)

    def _type(self, typed: str | None) -> None:
        self.typed = typed
        self._refusal = ""
        self.post_message(self.Explained())


def read_number(typed: str, parameter: Parameter) -> float:
    """Return the number that a person typed.

    Raises:
        CounselError: it is none, or the parameter does not allow it; the message says what it allows.
    """
    try:
        value = int(typed) if isinstance(parameter.default, int) else float(typed)
    except ValueError:
        value = nan
    if parameter.allows(value):
        return value
    whole = isinstance(parameter.default, int)
    raise CounselError(
        text(
            f"{typed}: {parameter.allowed}의 {'정수' if whole else '수'}를 적으세요.",
            f"{typed}: type {'a whole number' if whole else 'a number'} from {parameter.allowed}.",
        )
    )
