"""What was kept: a list of sessions to go on with, to search, to rename, to export and to delete (Ctrl+O)."""

from pathlib import Path
from typing import NamedTuple

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine import CounselError
from engine.language import text
from tui.ask import AskLine, Choose
from tui.field import Field
from tui.store import Found, Session, Store, StoreError
from tui.store.sessions import FOUND
from tui.transcript import folded

_LISTED = 300  # the newest; more are found by searching
_BEFORE = 16  # characters of a message before the words that were found
_MUTED = "$foreground-muted"


class Chosen(NamedTuple):
    """What to go on with: a session, and the exchange to show of it; None for its end."""

    session: int
    key: int | None


class SessionsScreen(ModalScreen[Chosen | None]):
    """A line to search in, the sessions below it; ends with what was chosen.

    Args:
        store: that is shown.
        here: the number of the session that is kept just now.
    """

    CSS_PATH = "sessions.tcss"
    AUTO_FOCUS = "#find-session"
    BINDING_GROUP_TITLE = text("보관함", "Kept conversations")
    BINDINGS = [
        Binding("escape", "dismiss(None)", text("닫기", "close"), priority=True),
        Binding("ctrl+o", "dismiss(None)", text("닫기", "close"), show=False, priority=True),
        Binding("up", "move(-1)", text("위로", "up"), show=False, priority=True),
        Binding("down", "move(1)", text("아래로", "down"), show=False, priority=True),
        Binding("pageup", "page(-1)", "↑", show=False, priority=True),
        Binding("pagedown", "page(1)", "↓", show=False, priority=True),
        Binding(
            "ctrl+r",
            "rename",
            text("이름", "rename"),
            tooltip=text("이름 짓기", "Give it a name"),
            priority=True,
        ),
        Binding(
            "ctrl+x",
            "export",
            text("내보내기", "export"),
            tooltip=text("Markdown, JSON, SVG로 내보내기", "Export as Markdown, JSON or SVG"),
            priority=True,
        ),
        Binding(
            "ctrl+d",
            "delete",
            text("지우기", "delete"),
            tooltip=text("흔적 없이 지우기", "Delete, with all traces"),
            priority=True,
        ),
    ]

    def __init__(self, store: Store, here: int | None = None) -> None:
        super().__init__()
        self._store = store
        self._here = here
        self._places: list[tuple[Session, int | None]] = []  # what each line of the list stands for

    def compose(self) -> ComposeResult:
        """Lay out the search above the list above the keys."""
        with Vertical(id="sessions") as box:
            box.border_title = text("보관한 대화", "Kept conversations")
            box.border_subtitle = text("Esc 닫기", "Esc close")
            yield Field(
                placeholder=text("말에서 찾기: 불면", "search what was said"), compact=True, id="find-session"
            )
            yield OptionList(id="session-list", markup=False, compact=True)
            yield Static(id="session-keys", markup=False)

    def on_mount(self) -> None:
        """List the newest first."""
        self._list()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search for what is typed, or list all again."""
        event.stop()
        self._list()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on with what the cursor stands on."""
        event.stop()
        self.query_one(OptionList).action_select()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """End with a session."""
        session, key = self._places[event.option_index]
        self.dismiss(Chosen(session.id, key))

    def action_move(self, lines: int) -> None:
        """Move the cursor of the list, wherever the focus is."""
        options = self.query_one(OptionList)
        (options.action_cursor_up if lines < 0 else options.action_cursor_down)()

    def action_page(self, direction: int) -> None:
        """Turn a page of the list."""
        options = self.query_one(OptionList)
        (options.action_page_up if direction < 0 else options.action_page_down)()  # type: ignore[no-untyped-call]

    @work(exclusive=True, group="dialogue")
    async def action_rename(self) -> None:
        """Ask for a name."""
        if (session := self._session) is None:
            return
        words = text("비우면 첫 주제가 이름이 됩니다.", "Empty: its first topic.")
        title = await self.app.push_screen_wait(AskLine(text("대화의 이름", "Name"), words, session.title))
        if title is not None:
            self._do(lambda: self._store.rename(session.id, title))

    @work(exclusive=True, group="dialogue")
    async def action_delete(self) -> None:
        """Delete, after a question."""
        if (session := self._session) is None:
            return
        if session.id == self._here:
            self._tell(
                text(
                    "지금 보관하고 있는 대화입니다. 닫고 Ctrl+G로 끄면서 지우세요.",
                    "This conversation is being kept. Close this, and stop keeping it with Ctrl+G.",
                )
            )
            return
        question = Choose(
            text("대화 지우기", "Delete"),
            text(
                f"'{_title(session)}' 대화를 파일에서 흔적 없이 지웁니다. 되돌릴 수 없습니다.",
                f"'{_title(session)}' will be deleted with all its traces in the file. It cannot be undone.",
            ),
            [(None, text("그만두기", "Do not")), ("delete", text("지우기", "Delete"))],
        )
        if await self.app.push_screen_wait(question):
            self._do(lambda: self._store.delete(session.id))

    @work(exclusive=True, group="dialogue")
    async def action_export(self) -> None:
        """Ask for a file, and write the session into it."""
        if (session := self._session) is None:
            return
        words = text(
            "끝이 .md, .json, .svg 가운데 무엇인지에 따라 씁니다. 내보낸 파일은 암호화되지 않습니다.",
            "Written as its ending says: .md, .json or .svg. An exported file is not encrypted.",
        )
        name = str(Path("~") / f"counsel-{session.id}.md")
        typed = await self.app.push_screen_wait(AskLine(text("내보낼 파일", "Export to"), words, name))
        if typed:
            from tui.store import export

            try:
                path = Path(typed).expanduser()
            except RuntimeError:  # `~somebody`
                self._tell(
                    text(f"{typed}: 그런 사용자의 폴더가 없습니다.", f"{typed}: no such user's folder.")
                )
                return
            if self._do(lambda: export.write(export.Exported.of(self._store, session.id), path)):
                self.notify(text(f"{path}에 썼습니다.", f"Written to {path}."), markup=False)

    @work(thread=True, exclusive=True, group="list", description="search what is kept")
    def _list(self) -> None:
        """Fetch what is to be listed; a letter typed meanwhile begins anew."""
        words = self.query_one(Input).value.strip()
        try:
            if words:
                self.app.call_from_thread(self._show_found, words, self._store.search(words))
            else:
                self.app.call_from_thread(self._show_sessions, self._store.sessions())
        except StoreError as error:
            self.app.call_from_thread(self._tell, str(error))

    def _show_sessions(self, sessions: list[Session]) -> None:
        self._places = [(session, None) for session in sessions[:_LISTED]]
        self._show([_line(session, self._here) for session, _ in self._places])
        if not sessions:
            self._say(
                text(
                    "아직 보관한 대화가 없습니다. 대화 화면에서 Ctrl+G를 누르면 그 대화를 보관합니다.",
                    "Nothing is kept yet. Ctrl+G in a conversation keeps it.",
                )
            )
        elif len(sessions) > _LISTED:
            more = len(sessions) - _LISTED
            self._say(
                text(f"더 오래된 대화 {more}개는 찾기로 볼 수 있습니다.", f"Search for {more} older ones.")
            )

    def _show_found(self, words: str, found: list[Found]) -> None:
        if words != self.query_one(Input).value.strip():
            return
        self._places = [(place.session, place.key) for place in found]
        self._show([_found_line(place, words) for place in found])
        if len(found) == FOUND:
            self._say(text(f"새것부터 {FOUND}곳까지만 보입니다.", f"The newest {FOUND} places only."))
        if not found:
            self._say(text("그 말이 있는 대화가 없습니다.", "No conversation has these words."))

    def _show(self, lines: list[Content]) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(line) for line in lines])
        if lines:
            options.highlighted = 0
        self._say(
            text(
                "Enter 이어 가기 · Ctrl+R 이름 · Ctrl+X 내보내기 · Ctrl+D 지우기",
                "Enter go on · Ctrl+R rename · Ctrl+X export · Ctrl+D delete",
            )
        )

    @property
    def _session(self) -> Session | None:
        at = self.query_one(OptionList).highlighted
        return None if at is None else self._places[at][0]

    def _do(self, action: "object") -> bool:
        """Do something with the store, and list it anew; tell what goes wrong."""
        assert callable(action)
        try:
            action()
        except CounselError as error:
            self._tell(str(error))
            return False
        self._list()
        return True

    def _tell(self, message: str) -> None:
        self.notify(message, severity="warning", markup=False, timeout=8)

    def _say(self, words: str) -> None:
        self.query_one("#session-keys", Static).update(words)


def _title(session: Session) -> str:
    return session.title or text("이름 없는 대화", "unnamed")


def _line(session: Session, here: int | None) -> Content:
    """Return the title with the date, and below it topics and size."""
    now = text(" · 지금 대화", " · this one") if session.id == here else ""
    topics = ", ".join(session.topics[:3]) + (" …" if len(session.topics) > 3 else "")
    size = text(f"말 {session.messages}개", f"{session.messages} messages")
    below = " · ".join(filter(None, (f"{session.changed:%Y-%m-%d %H:%M}", size, topics)))
    return Content.assemble((_title(session), "bold"), (now, "$accent"), "\n", (below, _MUTED))


def _found_line(place: Found, words: str) -> Content:
    """Return the message around the words, and below it where it was said."""
    said = " ".join(place.text.split())
    at = folded(said).find(folded(words))
    if len(folded(said)) != len(said) or at < 0:  # rare letters that change their length
        around = Content(said)
    else:
        first = max(0, at - _BEFORE)
        around = Content.assemble(
            "…" if first else "",
            said[first:at],
            (said[at : at + len(words)], "bold $accent"),
            said[at + len(words) :],
        )
    below = f"{place.at:%Y-%m-%d %H:%M} · {_title(place.session)}"
    return Content.assemble(around, "\n", (below, _MUTED))
