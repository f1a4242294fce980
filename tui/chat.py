"""The conversation on the screen: of thousands of messages, those that are in view or near it."""

from collections.abc import Mapping, Sequence
from math import inf

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.layout import DockArrangeResult
from textual.reactive import reactive
from textual.widget import AwaitMount, Widget

from engine.language import text
from tui.exchange_view import Beginning, ExchangeView
from tui.growing import Growing
from tui.notice import Notice
from tui.spoken import Spoken
from tui.transcript import Transcript
from tui.window import Window

_FLUSH = 0.06  # seconds: tokens that come sooner are drawn together


class Chat(VerticalScroll, can_focus=False):
    """The messages, the newest at the bottom and in view.

    Args:
        transcript: what was said.
        growing: the answers on their way, by the key of their exchange.
    """

    only: reactive[str | None] = reactive(None)  # the topic of the exchanges that are shown, if not all are

    def __init__(self, transcript: Transcript, growing: Mapping[int, Growing], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.transcript = transcript
        self.growing = growing
        self.words = ""  # that are searched for
        self.found: int | None = None  # the exchange where they were found that is shown
        self.quiet_line = True
        self._window = Window()
        self._stale: set[int] = set()  # what grew since it was drawn last
        self._pinned: tuple[Widget, float] | None = None

    def compose(self) -> ComposeResult:
        """Begin with what everyone must know."""
        yield Notice(
            text(
                "counsel은 프로그램입니다. 상담사도 응급 서비스도 아니며, 틀린 말을 할 수 있습니다. "
                "적은 말은 이 컴퓨터를 떠나지 않고, 보관을 켜지 않으면 저장되지 않습니다. "
                "죽고 싶거나 위험할 때는 109나 119에 전화하세요(F4).",
                "counsel is a program, no counsellor and no emergency service; it can be wrong. What you write "
                "never leaves this machine, and is not stored unless you keep it. In danger, or when you think of "
                "dying, call 109 or 119 (Korea; F4).",
            )
        )

    def on_mount(self) -> None:
        """Draw what has come, at a steady pace."""
        self._timer = self.set_interval(_FLUSH, self._flush, pause=True)

    @property
    def keys(self) -> Sequence[int]:
        """Those of the exchanges to go through: all, or the ones with one topic."""
        if self.only is None:
            return self.transcript.keys
        return [key for key, label in self.transcript.topics() if label == self.only]

    @property
    def views(self) -> dict[int, ExchangeView]:
        """The exchanges that are mounted, by their keys, the oldest first."""
        return {view.key: view for view in self.children if isinstance(view, ExchangeView)}

    def spoken(self) -> list[Spoken]:
        """Return the messages that are mounted, from top to bottom."""
        return [spoken for view in self.views.values() for spoken in (view.utterance, view.answer)]

    def note(self, notice: Notice) -> None:
        """Add a line by the program itself."""
        self.mount(notice)
        self._stay_below()

    def follow(self) -> None:
        """Show the newest, after something was said."""
        self.call_next(self._follow)

    def jump(self, key: int) -> None:
        """Show an exchange, wherever it is."""
        self.call_next(self._jump, key)

    def show_only(self, topic: str | None) -> None:
        """Show only the exchanges with one topic, until something is said; all of them again if it is None."""
        self.call_next(self._show_only, topic)

    def restart(self) -> None:
        """Show another session, which the transcript went on with."""
        self.call_next(self._restart)

    def redraw(self, key: int | None = None) -> None:
        """Draw an exchange anew, or all of them."""
        for view in [self.views.get(key)] if key is not None else self.views.values():
            if view is not None and view.key in self.transcript:
                self._show(view)

    def grow(self, key: int) -> None:
        """Draw an answer that grows with the next flush."""
        self._stale.add(key)
        self._timer.resume()

    def give_way(self) -> None:
        """Draw what grows a moment later, after what a key does."""
        if self._stale:
            self._timer.reset()

    def _flush(self) -> None:
        for key in self._stale:
            self.redraw(key)
        self._stale.clear()
        self._timer.pause()

    def mark(self, words: str, found: int | None) -> None:
        """Show the words that are searched for wherever they are, and one exchange where they were found."""
        self.words, self.found = words, found
        self.redraw()
        if found is not None:
            self.jump(found)

    def _view(self, key: int, leaving: list[ExchangeView]) -> ExchangeView:
        """Return a view of an exchange: one of those that are not needed any more, if any can be it."""
        exchange = self.transcript[key]
        view = next((view for view in leaving if view.can_take(exchange)), None)
        if view is None:
            view = ExchangeView(exchange)
        else:
            leaving.remove(view)
            view.take(exchange)
        self._show(view)
        return view

    async def _place(self, views: Sequence[ExchangeView], before: ExchangeView | None = None) -> None:
        """Put views above another one, or below all."""
        mounting: list[AwaitMount] = []
        for view in views:
            if not view.is_attached:
                mounting.append(self.mount(view, before=before))
            elif before is None:
                self.move_child(view, after=-1)
            else:
                self.move_child(view, before=before)
        for mount in mounting:
            await mount

    def _show(self, view: ExchangeView) -> None:
        view.show(
            self.transcript[view.key],
            self.transcript.branch(view.key),
            self.growing.get(view.key),
            self.words,
            quiet=self.quiet_line,
        )
        view.set_class(view.key == self.found, "-found")

    async def _show_only(self, topic: str | None) -> None:
        self.only = topic
        await self._sync(Window.newest(len(self.keys)))
        self._stay_below()

    async def _follow(self) -> None:
        self.only = None
        await self._sync(Window.newest(len(self.keys)))
        self._stay_below()

    def _stay_below(self) -> None:
        """Keep the newest in view while it grows; what is shorter than the screen stays on top of it."""
        if self.max_scroll_y > 0 and self._window.last == len(self.keys):
            self.anchor()

    async def _restart(self) -> None:
        await self.remove_children(list(self.views.values()))
        await self._follow()

    async def _jump(self, key: int) -> None:
        if key not in self.keys:
            self.only = None
        keys = self.keys
        if key not in self.views and key in keys:
            await self._sync(Window.around(keys.index(key), len(keys)))
        if (view := self.views.get(key)) is not None:
            self._pin(view, inf if key == keys[0] else 0)  # above the first one is what everyone must know

    async def _sync(self, window: Window) -> None:
        """Show what belongs into a window and is not there, in the place of what is there and does not belong."""
        keys = self.keys
        self._window = window.fitted(len(keys))
        wanted = keys[self._window.first : self._window.last]
        with self.app.batch_update():
            for beginning in self.query_children(Beginning):
                await beginning.remove()
            present = self.views
            leaving = [view for key, view in present.items() if key not in wanted]
            missing: list[ExchangeView] = []
            for key in wanted:
                if (view := present.get(key)) is None:
                    missing.append(self._view(key, leaving))
                elif missing:
                    await self._place(missing, before=view)
                    missing = []
            await self._place(missing)
            await self.remove_children(leaving)
            if self.transcript.awaits_beginning and self._window.last == len(keys):
                await self.mount(Beginning())
            self.query_children(Notice).first().display = self._window.first == 0

    async def _more(self, window: Window) -> None:
        """Go on to another window; what is in view stays where it is."""
        if self._pinned:
            return  # one step is on its way; another one for the same key would double the wait
        first = next((v for v in self.views.values() if v.virtual_region.bottom > self.scroll_y), None)
        if window != self._window and first is not None:
            self._pin(first, first.virtual_region.y - self.scroll_y)
            await self._sync(window)

    def watch_virtual_size(self) -> None:
        """Follow what grows once it is longer than the screen."""
        if not self.is_anchored:
            self._stay_below()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Fetch older messages near the top, newer ones near the bottom."""
        super().watch_scroll_y(old_value, new_value)
        if self._pinned or not self._window.last:
            return
        if new_value < old_value and new_value < self.size.height:
            self.call_next(self._more_older)
        elif new_value > old_value and new_value > self.max_scroll_y - self.size.height:
            self.call_next(self._more_newer)

    async def _more_older(self) -> None:
        await self._more(self._window.older())

    async def _more_newer(self) -> None:
        await self._more(self._window.newer(len(self.keys)))

    def _pin(self, view: ExchangeView, distance: float) -> None:
        """Keep an exchange so far below the upper edge, whatever comes and goes above it, until that is drawn."""
        self.release_anchor()
        self._pinned = view, distance
        self.refresh(layout=True)
        self.call_after_refresh(self._unpin)

    def _unpin(self) -> None:
        self._pinned = None
        self.vertical_scrollbar.position = self.scroll_y
        if self.scroll_y >= self.max_scroll_y:
            self._stay_below()

    def arrange(self, size: Size, optimal: bool = False) -> DockArrangeResult:
        """Lay out the messages; before anything is painted, keep a pinned one where it is, and few ones on top."""
        arrangement = super().arrange(size, optimal)
        lowest = arrangement.total_region.bottom - size.height
        if lowest <= 0:
            self.anchor(False)
            self._scroll(0)
        elif self._pinned:
            pinned, distance = self._pinned
            top = next((p.region.y for p in arrangement.placements if p.widget is pinned), None)
            if top is not None:
                self._scroll(max(0.0, min(top - distance, lowest)))
        return arrangement

    def _scroll(self, y: float) -> None:
        """Scroll in the midst of a layout, where nothing needs to be told."""
        self.set_reactive(Widget.scroll_y, y)
        self.set_reactive(Widget.scroll_target_y, y)
