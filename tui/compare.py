"""Compare: answers to the same utterance with different settings, side by side, of which one can be taken."""

from asyncio import AbstractEventLoop, get_running_loop
from typing import TYPE_CHECKING

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker

from engine import Conversation, CounselError, Sampling
from engine.companion import Companion
from engine.language import text
from tui.column import Column
from tui.comparison import FEWEST, KINDS, MOST, Kind, settings, title
from tui.key_line import KeyLine
from tui.messages import Adopt
from tui.over import Over
from tui.turns import in_turns

if TYPE_CHECKING:
    from engine import Engine

_COLUMN = 30  # cells that a column needs; where there are fewer, they lie below each other


class CompareScreen(Over[Adopt]):
    """Two to four answers, one sampled after the other; ends with the one that the person goes on with.

    Nothing of it is remembered otherwise.

    Args:
        engine: that answers; nobody else may ask it meanwhile.
        companion: judges what it replies.
        key: of the exchange.
        said: the utterance.
        conversation: what was said before it.
        sampling: the present values.
        seed: of the first column.
    """

    CSS_PATH = "compare.tcss"
    BINDING_GROUP_TITLE = text("견주기(F7)", "Compare (F7)")
    BINDINGS = [
        Binding(
            "right", "move(1)", text("칸", "column"), tooltip=text("다음 칸", "Next column"), priority=True
        ),
        Binding("left", "move(-1)", tooltip=text("앞 칸", "Column before"), show=False, priority=True),
        Binding(
            "enter",
            "adopt",
            text("이걸로 잇기", "go on with it"),
            tooltip=text("고른 칸의 응답으로 대화를 이어 가기", "Go on with the answer of this column"),
            priority=True,
        ),
        Binding(
            "tab",
            "turn(1)",
            text("다르게 할 것", "what differs"),
            tooltip=text(
                "씨앗, 프리셋, temperature 가운데 무엇을 견줄지", "Compare seeds, presets or temperatures"
            ),
            priority=True,
        ),
        Binding("shift+tab", "turn(-1)", show=False, priority=True),
        Binding(
            "plus",
            "count(1)",
            text("칸 더하기", "more"),
            tooltip=text("칸 하나 더하기", "One column more"),
            priority=True,
        ),
        # On many keyboards the key of the plus sign gives this without Shift.
        Binding("equals_sign", "count(1)", show=False, priority=True),
        Binding(
            "minus", "count(-1)", tooltip=text("칸 하나 빼기", "One column less"), show=False, priority=True
        ),
        Binding("escape,f7", "close", text("닫기", "close"), priority=True),
    ]

    def __init__(
        self,
        engine: "Engine",
        companion: Companion,
        key: int,
        said: str,
        conversation: Conversation,
        sampling: Sampling,
        seed: int,
    ) -> None:
        super().__init__()
        self._engine, self._companion, self._key, self._said = engine, companion, key, said
        self._conversation, self._sampling, self._seed = conversation, sampling, seed
        self._kind: Kind = KINDS[0]
        self._count = FEWEST
        self._columns: list[Column] = []  # a removed one is still mounted for a moment
        self._worker: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Lay out what was said, what differs, and the columns."""
        with Vertical(id="compare") as frame:
            frame.border_title = text("견주기", "compare")
            yield Static(self._said, id="compare-said", markup=False)
            yield Static(id="compare-kinds")
            yield Container(id="columns")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Begin with seeds."""
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Show what differs now, and answer from the first column on."""
        self._keep(0)
        self.query_one("#compare-kinds", Static).update(Content(" ").join(map(self._tab, KINDS)))
        self._lay_out()
        self._columns[0].focus()

    def _tab(self, kind: Kind) -> Content:
        words = f" {title(kind)} "
        if kind == self._kind:
            return Content.styled(words, "bold $background on $accent")
        return Content.from_markup(f"[@click=screen.turn_to('{kind}')]$words[/]", words=words)

    def _lay_out(self) -> None:
        """Have as many columns as wanted; those that are there stay."""
        self._keep(self._count)
        wanted = settings(self._kind, self._sampling, self._seed, self._count)
        new = [Column(setting) for setting in wanted[len(self._columns) :]]
        self._columns += new
        self.query_one("#columns").mount(*new)
        self._fit()
        self._answer_next()

    def _keep(self, number: int) -> None:
        """Remove all columns but the first ones."""
        for column in self._columns[number:]:
            column.stop.set()
            column.remove()
        del self._columns[number:]

    def on_resize(self, _: events.Resize) -> None:
        """Put the columns side by side where there is room, else below each other."""
        self._fit()

    def _fit(self) -> None:
        stacked = self.app.size.width < _COLUMN * self._count
        self.query_one("#columns").set_class(stacked, "-stacked")

    def _answer_next(self) -> None:
        """Give the turn to the next column, if none has it."""
        if self._worker is None or self._worker.is_finished:
            for column in self._columns:
                if column.state == "waiting" and not column.stop.is_set():
                    column.begin()
                    self._worker = self._answer(column, get_running_loop())
                    return

    @work(thread=True, exit_on_error=False, group="compare", description="answer in a column")
    def _answer(self, column: Column, loop: AbstractEventLoop) -> None:
        try:
            told = self._companion.answer(
                self._engine,
                self._said,
                sampling=column.setting.sampling,
                seed=column.setting.seed,
                should_stop=column.stop.is_set,
                conversation=self._conversation,
            )
            for event in in_turns(told, loop):
                column.post_message(Column.Told(event))
        except CounselError as error:
            column.post_message(Column.Failed(str(error)))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Go on with the next column."""
        event.stop()
        self._answer_next()

    async def quieten(self) -> None:
        """End what is being sampled, and wait until the engine is free."""
        for column in self._columns:
            column.stop.set()
        if self._worker:
            await self._worker.wait()

    def on_column_ended(self, _: Column.Ended) -> None:
        """Say so where a column has the answer of one before it."""
        answers = [column.answer for column in self._columns]
        for place, column in enumerate(self._columns):
            first = answers.index(column.answer)
            column.twin = first + 1 if column.answer and first < place else None

    def on_column_clicked(self, event: Column.Clicked) -> None:
        """Go to the column that was clicked."""
        event.column.focus()

    def action_move(self, columns: int) -> None:
        """Go so many columns on, and stop at the ends."""
        place = self._columns.index(self.focused) if self.focused in self._columns else 0
        self._columns[min(self._count - 1, max(0, place + columns))].focus()

    def action_turn(self, kinds: int) -> None:
        """Let something else differ."""
        self.action_turn_to(KINDS[(KINDS.index(self._kind) + kinds) % len(KINDS)])

    def action_turn_to(self, kind: Kind) -> None:
        """Let this differ."""
        self._kind = kind
        self._begin_anew()

    def action_count(self, columns: int) -> None:
        """Have more or fewer columns."""
        self._count = min(MOST, max(FEWEST, self._count + columns))
        self._lay_out()
        if self.focused not in self._columns:
            self._columns[-1].focus()

    async def action_adopt(self) -> None:
        """End with the answer of the column that has the focus."""
        column = self.focused
        if not isinstance(column, Column) or column.reply is None:
            self.notify(
                text("이 칸에는 이어 갈 응답이 아직 없어요.", "There is no answer here to go on with yet.")
            )
            return
        await self.quieten()
        self.dismiss(Adopt(self._key, column.reply))
