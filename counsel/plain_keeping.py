"""Keeping the plain conversation, where the person asks for it."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from engine import locations
from engine.errors import CounselError
from engine.language import text
from tui.transcript import Transcript

if TYPE_CHECKING:
    from tui.store import Keeper

_OFF, _DELETE = ("off", "끄기"), ("delete", "지우기")


class Keeping:
    """Writes nothing unless switched on; from then on, after every change.

    Args:
        transcript: of the conversation.
        tell: says what is no part of the conversation.
    """

    def __init__(self, transcript: Transcript, tell: Callable[[str], None]) -> None:
        self._transcript = transcript
        self._tell = tell
        self._keeper: Keeper | None = None
        transcript.changed = self._save

    def switch(self, argument: str) -> None:
        """Keep the conversation from its beginning; with an argument stop that, or also delete what was kept of it.

        Raises:
            CounselError: it cannot be kept or deleted, or the argument is unknown.
        """
        if not argument:
            self._start()
        elif argument in (*_OFF, *_DELETE):
            self._stop(delete=argument in _DELETE)
        else:
            raise CounselError(
                text(
                    f"/보관 {argument}: '끄기'나 '지우기'만 붙일 수 있습니다.",
                    f"/keep {argument}: only 'off' or 'delete' can follow.",
                )
            )

    def close(self) -> None:
        """Let go of the file."""
        if self._keeper:
            self._keeper.store.close()

    def _start(self) -> None:
        from counsel.history import ask_passphrase
        from tui.store import Keeper, Store, database

        if self._keeper is None:
            if database.is_encrypted() and not sys.stdin.isatty():
                raise CounselError(
                    text(
                        "보관함이 암호로 잠겨 있어 터미널에서만 켤 수 있습니다.",
                        "What is kept is locked with a passphrase, which is asked for at a terminal only.",
                    )
                )
            try:
                passphrase = ask_passphrase() if database.is_encrypted() else None
            except click.Abort:
                raise CounselError(
                    text(
                        "암호를 받지 못해 보관하지 않습니다.", "No passphrase was given, so nothing is kept."
                    )
                ) from None
            self._keeper = Keeper(Store(passphrase=passphrase))
        self._tell(
            text(
                f"이 대화를 처음부터 {locations.conversations()}에 보관합니다. 그만두기 /보관 끄기, 지우기 /보관 지우기.",
                f"This conversation is kept from its beginning in {locations.conversations()}. '/keep off' stops that, "
                "'/keep delete' also deletes it.",
            )
        )
        self._save()

    def _stop(self, delete: bool) -> None:
        if self._keeper is not None:
            keeper, self._keeper = self._keeper, None
            with keeper.store:
                if delete:
                    keeper.forget()
        self._tell(text("이 대화는 보관하지 않습니다.", "This conversation is not kept."))

    def _save(self) -> None:
        """Write what is new; what goes wrong is told, and the conversation goes on."""
        if self._keeper is None:
            return
        from tui.store import GoneError, StoreError

        try:
            self._keeper.save(self._transcript.everything, next(reversed(self._transcript.keys), None))
        except StoreError as error:
            self._tell(str(error))
            if isinstance(error, GoneError):
                self._keeper = None
        if self._keeper and self._keeper.store.set_aside:
            aside, self._keeper.store.set_aside = self._keeper.store.set_aside, None
            self._tell(
                text(
                    f"보관 파일이 손상되어 {aside.name}(으)로 옮겨 두고 새로 시작했습니다.",
                    f"The file was damaged; it is now {aside.name}, and a new one was begun.",
                )
            )
