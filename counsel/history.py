"""`counsel history`: the conversations that a person asked to be kept."""

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from counsel.console import shared_options
from engine.errors import CounselError
from engine.language import text

if TYPE_CHECKING:
    from tui.store import Session, Store


NUMBER = click.IntRange(1, 2**63 - 1)  # what SQLite can count


def make() -> click.Command:
    """Build the group in the chosen language."""
    from counsel import history_changes

    group = click.Group(
        "history",
        help=text(
            "보관한 대화를 보고, 찾고, 내보내고, 지웁니다. 대화는 보관을 켰을 때만 남습니다.",
            "Show, search, export and delete kept conversations. There are none unless you switched keeping on.",
        ),
        commands=[_make_list(), _make_show(), _make_search(), *history_changes.make()],
    )
    return shared_options("counsel")(group)


def open_store() -> "Store | None":
    """Open what is kept, with its passphrase if it has one; None if nothing is kept."""
    from tui.store import Store, database

    if not database.exists():
        click.echo(text("보관한 대화가 없습니다.", "Nothing is kept."), err=True)
        return None
    store = Store(passphrase=ask_passphrase() if database.is_encrypted() else None)
    if store.set_aside:
        click.echo(
            text(
                f"보관 파일이 손상되어 {store.set_aside}(으)로 옮겨 두었습니다.",
                f"The file was damaged; it is now {store.set_aside}.",
            ),
            err=True,
        )
    return store


def ask_passphrase(prompt: str = "", *, twice: bool = False) -> str:
    """Ask for a passphrase at the terminal, or read it from a line of standard input."""
    prompt = prompt or text("암호", "Passphrase")
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    again = text("한 번 더", "Once more") if twice else False
    passphrase: str = click.prompt(prompt, hide_input=True, confirmation_prompt=again, err=True)
    return passphrase


def _make_list() -> click.Command:
    @shared_options("counsel")
    @click.command("list", help=text("보관한 대화를 늘어놓습니다.", "List the kept conversations."))
    @_as_json
    def list_(as_json: bool) -> None:
        if (store := open_store()) is None:
            return
        with store:
            sessions = store.sessions()
        if as_json:
            click.echo(json.dumps([_facts(session) for session in sessions], ensure_ascii=False))
            return
        for session in sessions:
            title = session.title or text("이름 없음", "unnamed")
            size = text(f"말 {session.messages}개", f"{session.messages} messages")
            click.echo(f"{session.id:>5}  {session.changed:%Y-%m-%d %H:%M}  {title}  ({size})")

    return list_


def _make_show() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "show",
        help=text(
            "대화 하나를 답마다 어떻게 만들었는지와 함께 적습니다.",
            "Print a conversation, with how each reply was made.",
        ),
    )
    @click.argument("number", type=NUMBER)
    def show(number: int) -> None:
        from tui.store import export

        with require_store() as store:
            click.echo(export.to_markdown(export.Exported.of(store, number)), nl=False)

    return show


def _make_search() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "search", help=text("대화의 말에서 찾습니다. 두 글자도 됩니다.", "Search what was said and answered.")
    )
    @click.argument("words", nargs=-1, required=True)
    @_as_json
    def search(words: tuple[str, ...], as_json: bool) -> None:
        from tui.store.sessions import FOUND

        if (store := open_store()) is None:
            return
        with store:
            found = store.search(as_typed(" ".join(words)))
        if as_json:
            places = [
                {"session": place.session.id, "at": place.at.isoformat(), "text": place.text}
                for place in found
            ]
            click.echo(json.dumps(places, ensure_ascii=False))
            return
        for place in found:
            click.echo(f"{place.session.id:>5}  {place.at:%Y-%m-%d %H:%M}  {' '.join(place.text.split())}")
        if len(found) == FOUND:
            click.echo(text(f"새것부터 {FOUND}곳까지만.", f"The newest {FOUND} places only."), err=True)
        if not found:
            click.echo(text("그 말이 있는 대화가 없습니다.", "No conversation has these words."), err=True)
            sys.exit(1)

    return search


def as_typed(words: str) -> str:
    """Return words of the command line.

    Raises:
        CounselError: they are not UTF-8.
    """
    try:
        words.encode()
    except UnicodeEncodeError:
        raise CounselError(
            text(
                "명령줄의 글이 UTF-8이 아닙니다. 터미널의 글자 집합을 UTF-8로 맞추세요.",
                "The words on the command line are not UTF-8. Set the terminal's encoding to UTF-8.",
            )
        ) from None
    return words


def require_store() -> "Store":
    """Open what is kept.

    Raises:
        CounselError: nothing is.
    """
    from tui.store import database

    if not database.exists():
        raise CounselError(
            text(
                "보관한 대화가 없습니다. 앱에서 Ctrl+G를 누르면 그 대화를 보관합니다.",
                "Nothing is kept. Ctrl+G in the app keeps a conversation.",
            )
        )
    store = open_store()
    assert store
    return store


def _as_json(command: Any) -> Any:
    return click.option("--json", "as_json", is_flag=True, help=text("JSON으로 적습니다.", "Print JSON."))(
        command
    )


def _facts(session: "Session") -> dict[str, Any]:
    return {
        "number": session.id,
        "title": session.title,
        "begun": session.begun.isoformat(),
        "changed": session.changed.isoformat(),
        "topics": session.topics,
        "messages": session.messages,
    }
