"""Whether the conversation is kept: switched by the person, written after every change, opened again later."""

from asyncio import to_thread
from pathlib import Path
from threading import Lock

from textual import work
from textual.binding import Binding
from textual.widgets import OptionList
from textual.worker import Worker, WorkerState

from engine import locations
from engine.language import text
from engine.logs import log
from tui.ask import AskLine, Choose
from tui.header import Header
from tui.settings import Settings
from tui.store import GoneError, Keeper, PassphraseError, Store, StoreError
from tui.store.database import exists, is_encrypted
from tui.topical import TopicalApp

KEEP_GROUP = "keep"  # of the workers that write
FOREVER = "always"


class KeepingApp(TopicalApp):
    """Writes nothing unless asked.

    Attributes:
        store: the kept conversations, once they were opened.
        keeper: of this conversation; None as long as it is not kept.
    """

    BINDINGS = [
        Binding(
            "ctrl+g",
            "keep",
            text("보관", "keep"),
            tooltip=text("이 대화를 보관하기, 그만 보관하기", "Keep this conversation, or stop keeping it"),
            show=False,
            priority=True,
        ),
        Binding(
            "ctrl+o",
            "sessions",
            text("보관함", "kept chats"),
            tooltip=text(
                "보관한 대화를 보고 찾고 이어 가기", "Look at kept conversations, search, go on with one"
            ),
            show=False,
            priority=True,
        ),
    ]

    def __init__(self, chosen: Settings | None = None) -> None:
        super().__init__(chosen)
        self.store: Store | None = None
        self.keeper: Keeper | None = None
        self._writing = Lock()  # the latest state is written, whichever worker comes first
        self._told = ""  # what was said of the last failure
        self.transcript.changed = self._note_change

    def on_mount(self) -> None:
        """Keep this conversation, too, if the person wants that always."""
        self._header.kept = False
        if self.chosen.keep == FOREVER:
            self._start_keeping()

    def on_unmount(self) -> None:
        """Write what is left."""
        with self._writing:
            if self.store:
                self._save()
                self.store.close()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave these keys to a screen that stands over the conversation."""
        if action in ("keep", "sessions") and len(self.screen_stack) > 1:
            return False
        if action == "scroll" and self._lists:
            return False
        return super().check_action(action, parameters)

    @work(group="dialogue", exclusive=True)
    async def action_keep(self) -> None:
        """Say what keeping means, and do it; or stop, with or without what was kept."""
        if self.keeper is None:
            if await self.push_screen_wait(_offer()) and await self.open_store():
                self._keep()
            return
        chosen = await self.push_screen_wait(_leave())
        if chosen is None:
            return
        keeper, self.keeper = self.keeper, None
        self._header.kept = False
        if chosen == "delete":
            await to_thread(self._forget, keeper)

    @work(group="dialogue", exclusive=True)
    async def action_sessions(self) -> None:
        """Show what was kept, and go on with what is chosen there."""
        from tui.sessions import SessionsScreen  # not for the first paint

        if (self.store is None or not self.store.is_in_place) and not exists():  # to look asks for no file
            self._tell(
                text(
                    "아직 보관한 대화가 없습니다. Ctrl+G를 누르면 이 대화를 보관합니다.",
                    "Nothing is kept yet. Ctrl+G keeps this conversation.",
                )
            )
            return
        if not await self.open_store():
            return
        assert self.store
        chosen = await self.push_screen_wait(
            SessionsScreen(self.store, self.keeper.session if self.keeper else None)
        )
        if chosen is not None and await self._may_leave():
            await self._go_on_with(*chosen)

    @property
    def _lists(self) -> bool:
        """Whether a list stands over the conversation, whose pages are to be turned."""
        return len(self.screen_stack) > 1 and bool(self.screen.query(OptionList))

    @property
    def _header(self) -> Header:
        return self.screen_stack[0].query_one(Header)

    async def open_store(self) -> bool:
        """Open what was kept, with its passphrase if it has one, and tell whether that went well."""
        if self.store is not None and self.store.is_in_place:
            return True
        why = ""
        while True:
            passphrase = None
            if is_encrypted():
                passphrase = await self.push_screen_wait(_ask_passphrase(why))
                if not passphrase:
                    return False
            try:
                self.store = await to_thread(Store, None, passphrase)
            except PassphraseError as error:
                if passphrase is None:
                    self._tell(str(error))
                    return False
                why = text("암호가 맞지 않습니다.", "That is not the passphrase.")
            except StoreError as error:
                self._tell(str(error))
                return False
            else:
                self._tell_set_aside()
                return True

    @work(group="dialogue", exclusive=True)
    async def _start_keeping(self) -> None:
        if await self.open_store():
            self._keep()

    def _keep(self) -> None:
        assert self.store
        self.keeper = Keeper(self.store)
        self._header.kept = True
        self._note_change()

    async def _may_leave(self) -> bool:
        """Ask what becomes of this conversation, if it would be lost; tell whether another may take its place."""
        if self.keeper is not None or not self.transcript.keys:
            return True
        chosen = await self.push_screen_wait(_leave_unkept())
        if chosen == "keep":
            self._keep()
        return chosen is not None

    async def _go_on_with(self, session: int, key: int | None) -> None:
        """Take up a kept session, and keep it from now on."""
        if self.answering is not None or self.growing:
            self._tell(
                text(
                    "답하는 중입니다. 답이 끝나거나 Esc로 멈춘 뒤에 여세요.",
                    "A reply is on its way. Open it when that has ended, or stop it with Esc.",
                )
            )
            return
        assert self.store
        try:
            exchanges, last = self.store.load(session)
        except StoreError as error:
            self._tell(str(error))
            return
        with self._writing:
            if not self._save():
                return
            self.prompt.leave_editing()  # of what is not there any more
            self.keeper = Keeper(self.store, session, exchanges)
            self.transcript.go_on_with(exchanges, last)
        self._header.kept = True
        self.action_show_all()
        self.chat.restart()
        self._count_soon()
        if key is not None:
            self.chat.jump(key)
        self.set_focus(self.prompt)
        damaged = sum(variant.is_damaged for exchange in exchanges for variant in exchange.variants)
        if damaged:
            self._tell(
                text(
                    f"답 {damaged}개의 기록이 손상되어, 말은 남아 있지만 들여다보거나 똑같이 다시 만들 수 없습니다.",
                    f"The records of {damaged} replies are damaged: the words are there, but they cannot be inspected or "
                    "made again.",
                )
            )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say that nothing is kept any more, where that failed as nobody expected."""
        if event.state is WorkerState.ERROR and event.worker.group == KEEP_GROUP:
            log.error("keeping failed", exc_info=event.worker.error)
            self.keeper = None
            self._header.kept = False
            self._tell(
                text(
                    f"보관하지 못해 보관을 껐습니다({type(event.worker.error).__name__}). Ctrl+G로 다시 켤 수 있습니다.",
                    f"Keeping failed and was switched off ({type(event.worker.error).__name__}). Ctrl+G keeps it again.",
                )
            )

    def _note_change(self) -> None:
        if self.keeper is not None:
            self._write()

    @work(thread=True, exit_on_error=False, group=KEEP_GROUP, description="write what is kept")
    def _write(self) -> None:
        with self._writing:
            self._save()

    def _save(self) -> bool:
        """Write what is not written yet; what goes wrong is told once, and tried again with the next change.

        Returns:
            Whether nothing is left to write.
        """
        if self.keeper is None:
            return True
        try:
            keys = self.transcript.keys
            self.keeper.save(self.transcript.everything, keys[-1] if keys else None)
        except GoneError:
            self.keeper = None
            self.call_later(self._tell_gone)
            return False
        except StoreError as error:
            if str(error) != self._told:
                self._told = str(error)
                self.call_later(self._tell, self._told)
            return False
        self._told = ""
        self.call_later(self._tell_set_aside)
        return True

    def _forget(self, keeper: Keeper) -> None:
        try:
            with self._writing:
                keeper.forget()
        except StoreError as error:
            self.call_later(self._tell, str(error))

    def _tell(self, message: str) -> None:
        self.notify(message, severity="warning", markup=False, timeout=12)

    def _tell_gone(self) -> None:
        self._header.kept = False
        self._tell(
            text(
                "이 대화를 다른 창에서 지웠으므로 더 보관하지 않습니다. Ctrl+G로 다시 켤 수 있습니다.",
                "This conversation was deleted in another window, so it is not kept any more. Ctrl+G keeps it again.",
            )
        )

    def _tell_set_aside(self) -> None:
        if self.store and self.store.set_aside:
            aside, self.store.set_aside = self.store.set_aside, None
            self._tell(
                text(
                    f"보관 파일이 손상되어 {aside.name}(으)로 옮겨 두고 새로 시작했습니다.",
                    f"The file of kept conversations was damaged; it is now {aside.name}, and a new one was begun.",
                )
            )


def _offer() -> Choose:
    """Say what is kept where, before anything is."""
    folder = _short(locations.conversations())
    if is_encrypted():
        lock = text("암호로 잠겨 있습니다.", "Locked with your passphrase.")
    else:
        lock = text(
            "나만 읽을 수 있는 파일이고, 암호는 걸려 있지 않습니다.\n암호 걸기: counsel history passphrase",
            "A file that only you can read, without a passphrase.\nTo set one: counsel history passphrase",
        )
    return Choose(
        text("이 대화 보관", "Keep this conversation"),
        text(
            "이 대화를 처음부터, 앞으로 하는 말과 답까지 이 컴퓨터에 보관합니다.\n\n"
            f"자리: {folder}\n{lock}\n\n"
            "언제든 끄고 지울 수 있습니다. 밖으로는 아무것도 나가지 않습니다.",
            "This conversation, from its beginning, and what is said from now on will be kept on this machine.\n\n"
            f"Where: {folder}\n{lock}\n\n"
            "You can switch it off and delete it at any time. Nothing leaves this machine.",
        ),
        [("keep", text("보관하기", "Keep it")), (None, text("그만두기", "Do not"))],
    )


def _leave() -> Choose:
    return Choose(
        text("이 대화 보관 끄기", "Stop keeping"),
        text(
            "앞으로 하는 말은 보관하지 않습니다. 지금까지 보관한 이 대화는 어떻게 할까요?",
            "What you say from now on is not kept. What shall become of what was kept of this conversation?",
        ),
        [
            ("leave", text("남겨 두고 끄기", "Leave it, stop keeping")),
            ("delete", text("지우고 끄기", "Delete it, stop keeping")),
            (None, text("계속 보관하기", "Go on keeping")),
        ],
    )


def _leave_unkept() -> Choose:
    return Choose(
        text("이 대화는 보관하지 않았습니다", "This conversation is not kept"),
        text(
            "다른 대화를 열면 지금 대화는 사라집니다. 어떻게 할까요?",
            "When another one is opened, this one is lost. What shall become of it?",
        ),
        [
            (None, text("열지 않고 머물기", "Stay here")),
            ("keep", text("보관하고 열기", "Keep it, then open")),
            ("leave", text("버리고 열기", "Let it go, and open")),
        ],
    )


def _ask_passphrase(why: str) -> AskLine:
    return AskLine(
        text("보관한 대화의 암호", "Passphrase of your kept conversations"),
        why
        or text(
            "암호는 저장하지 않습니다. Esc: 열지 않고 이야기하기",
            "It is never stored. Esc: talk without opening them",
        ),
        hidden=True,
    )


def _short(path: Path) -> str:
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)
