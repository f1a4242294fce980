"""The commands of `counsel history` that change or write something."""

from pathlib import Path
from typing import Any

import click

from counsel.console import shared_options
from counsel.history import NUMBER, as_typed, ask_passphrase, require_store
from engine.errors import CounselError
from engine.language import text


def make() -> list[click.Command]:
    """Build the commands in the chosen language."""
    return [_make_rename(), _make_delete(), _make_export(), _make_wipe(), _make_passphrase()]


def _make_rename() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "rename",
        help=text(
            "대화에 이름을 붙입니다. 비우면 첫 주제가 이름이 됩니다.",
            "Give a conversation a title; an empty one gives it back its first topic.",
        ),
    )
    @click.argument("number", type=NUMBER)
    @click.argument("title")
    def rename(number: int, title: str) -> None:
        with require_store() as store:
            store.rename(number, as_typed(title))

    return rename


def _make_delete() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "delete",
        help=text(
            "대화를 파일에서 흔적 없이 지웁니다.", "Delete conversations, with all their traces in the file."
        ),
    )
    @click.argument("numbers", type=NUMBER, nargs=-1, required=True)
    @_unasked
    def delete(numbers: tuple[int, ...], yes: bool) -> None:
        with require_store() as store:
            for number in numbers:
                session = store.session(number)
                title = session.title or text("이름 없음", "unnamed")
                if yes or click.confirm(
                    text(f"{number}번 '{title}'을(를) 지울까요?", f"Delete {number} '{title}'?")
                ):
                    store.delete(number)

    return delete


def _make_export() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "export",
        help=text(
            "대화 하나를 FILE에 씁니다. 끝이 .md, .json, .svg 가운데 무엇인지에 따라 다릅니다. "
            "JSON은 counsel replay가 다시 읽습니다. 내보낸 파일은 암호화되지 않습니다.",
            "Write a conversation into FILE, as its ending says: .md, .json or .svg. `counsel replay` reads JSON. "
            "An exported file is not encrypted.",
        ),
    )
    @click.argument("number", type=NUMBER)
    @click.argument("file", type=click.Path(path_type=Path))
    def export(number: int, file: Path) -> None:
        from tui.store import export

        with require_store() as store:
            export.write(export.Exported.of(store, number), file)
        click.echo(str(file))

    return export


def _make_wipe() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "wipe",
        help=text(
            "보관한 것을 모두 지웁니다. 암호를 몰라도 됩니다.",
            "Delete everything that is kept. It needs no passphrase.",
        ),
    )
    @_unasked
    def wipe(yes: bool) -> None:
        from tui.store.sessions import wipe

        if yes or click.confirm(text("보관한 대화를 모두 지울까요?", "Delete all kept conversations?")):
            for path in wipe():
                click.echo(text(f"지움: {path}", f"deleted: {path}"))

    return wipe


def _make_passphrase() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "passphrase",
        help=text(
            "보관한 대화에 암호를 걸거나 바꿉니다. 암호는 저장하지 않으므로, 잊으면 대화를 열 수 없습니다. "
            "파이프에서는 한 줄에 하나씩, 지금 암호와 새 암호를 읽습니다.",
            "Set or change the passphrase of kept conversations. It is stored nowhere: whoever forgets it cannot open "
            "them any more. In a pipe, the present one and the new one are read, a line each.",
        ),
    )
    @click.option("--remove", is_flag=True, help=text("암호를 없앱니다.", "Remove it."))
    def passphrase(remove: bool) -> None:
        from tui.store import Store, database
        from tui.store.passphrase import change

        encrypted = database.is_encrypted()
        if remove and not encrypted:
            raise CounselError(text("걸려 있는 암호가 없습니다.", "There is no passphrase."))
        old = ask_passphrase(text("지금 암호", "Present passphrase")) if encrypted else None
        if encrypted:
            Store(passphrase=old).close()  # a wrong one is said before a new one is asked for
        new = None if remove else ask_passphrase(text("새 암호", "New passphrase"), twice=True)
        if encrypted or database.exists():
            change(old, new)
        else:
            Store(passphrase=new).close()
        click.echo(
            text("암호를 없앴습니다.", "The passphrase is removed.")
            if remove
            else text("이제 암호가 걸려 있습니다.", "The passphrase is set.")
        )

    return passphrase


def _unasked(command: Any) -> Any:
    return click.option("--yes", is_flag=True, help=text("묻지 않습니다.", "Do not ask."))(command)
