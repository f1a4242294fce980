"""`counsel config`: the settings file, shown with what each setting does and where its value comes from."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click
import tomlkit

from counsel.console import EXIT_BAD_INPUT, shared_options, warn
from engine import language, locations
from engine.errors import CounselError
from engine.language import text
from tui import settings
from tui.settings import Settings


def make() -> click.Command:
    """Build the group in the chosen language."""
    group = click.Group(
        "config",
        help=text("설정을 보고 바꿉니다.", "Show and change settings."),
        commands=[_make_path(), _make_show(), _make_edit(), _make_set(), _make_unset()],
    )
    return shared_options("counsel")(group)


def _make_path() -> click.Command:
    @shared_options("counsel")
    @click.command("path", help=text("설정 파일이 어디인지 적습니다.", "Print where the settings file is."))
    def path() -> None:
        click.echo(str(locations.settings()))

    return path


def _make_show() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "show",
        help=text(
            "설정마다 값과 그 값이 어디에서 왔는지, 무엇을 하는지 적습니다.",
            "Print each setting's value, where it comes from, and what it does.",
        ),
    )
    @click.option(
        "--json", "as_json", is_flag=True, help=text("JSON 객체 하나로 적습니다.", "One JSON object.")
    )
    def show(as_json: bool) -> None:
        kept = settings.load()
        if as_json:
            told = {
                settings.key_of(name): {"value": getattr(kept, name), "from": _origin(kept, name)[0]}
                for name in settings.names()
            }
            found = {"path": str(locations.settings()), "settings": told, "problems": kept.problems}
            click.echo(json.dumps(found, ensure_ascii=False))
            return
        path = locations.settings()
        click.echo(f"{path}" if path.exists() else text(f"{path} (아직 없음)", f"{path} (not there yet)"))
        for name in settings.names():
            click.echo(f"\n{_assignment(name, getattr(kept, name))}  ({_origin(kept, name)[1]})")
            click.echo(f"    {settings.explanation_of(name)} {settings.allowed(name)}.")
        _tell_problems(kept)

    return show


def _make_edit() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "edit",
        help=text(
            "설정 파일을 편집기($VISUAL, $EDITOR)로 열고, 고친 것을 살펴봅니다.",
            "Open the settings file in your editor ($VISUAL, $EDITOR) and check it afterwards.",
        ),
    )
    def edit() -> None:
        path, draft = locations.settings(), _draft()
        if not path.exists():
            settings.write(draft)
        try:
            click.edit(filename=str(path))
        except click.ClickException as error:
            raise CounselError(
                text(
                    f"편집기를 열지 못했습니다({error.message}). EDITOR=nano처럼 정하거나 {path}를 직접 고치세요.",
                    f"The editor did not open ({error.message}). Set EDITOR=nano, say, or change {path} yourself.",
                )
            ) from error
        finally:
            if path.exists() and path.read_bytes() == draft.encode():
                path.unlink()  # nothing was chosen, so nothing is kept
        kept = settings.load()
        _tell_problems(kept)
        if kept.problems:
            sys.exit(EXIT_BAD_INPUT)

    return edit


def _make_set() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "set",
        help=text(
            "설정 하나를 적습니다. 예: counsel config set pace 20",
            "Write one setting, as in: counsel config set pace 20",
        ),
    )
    @click.argument("key", metavar="KEY")
    @click.argument("value", metavar="VALUE")
    def set_(key: str, value: str) -> None:
        name = settings.name_of(settings.key_of(key))
        settings.remember(**{name: _parse(name, value)})
        click.echo(_assignment(name, getattr(settings.load(), name)))

    return set_


def _make_unset() -> click.Command:
    @shared_options("counsel")
    @click.command(
        "unset",
        help=text("설정 하나를 파일에서 지워 기본값으로 돌립니다.", "Take one setting out of the file."),
    )
    @click.argument("key", metavar="KEY")
    def unset(key: str) -> None:
        name = settings.name_of(settings.key_of(key))
        if locations.settings().exists():
            settings.remember(**{name: None})
        click.echo(_assignment(name, settings.default_of(name)))

    return unset


def _parse(name: str, written: str) -> Any:
    """Return what a word of the command line means for a setting; what cannot be meant is left to be refused."""
    default = settings.default_of(name)
    if name == "model" and written:
        return _model_folder(written)
    if isinstance(default, bool):
        return {"true": True, "on": True, "false": False, "off": False}.get(written.lower(), written)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in written.split(",") if part.strip())
    if isinstance(default, float):
        try:
            return float(written)
        except ValueError:
            return written
    return written


def _model_folder(written: str) -> str:
    """Return the folder as it is found from anywhere.

    Raises:
        CounselError: there is no model.
    """
    from engine.model_directory import ModelDirectory

    folder = Path(written).expanduser().resolve()
    ModelDirectory.load(folder)
    return str(folder)


def _origin(kept: Settings, name: str) -> tuple[str, str]:
    """Return where a value comes from: a word for programs, and words for a person."""
    variable = {"lang": language.VARIABLE, "reduced_motion": "TEXTUAL_ANIMATIONS"}.get(name)
    if variable and variable in os.environ:
        return "environment", text(f"환경 변수 {variable}가 앞섬", f"the variable {variable} comes first")
    if name in kept.chosen:
        return "file", text("파일", "file")
    return "default", text("기본값", "default")


def _assignment(name: str, value: Any) -> str:
    """Return a line of TOML."""
    written = tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string()
    return f"{settings.key_of(name)} = {written}"


def _draft() -> str:
    """Return a file in which every setting is explained and none is chosen."""
    head = text(
        "# counsel의 설정. 쓰려는 줄에서 맨 앞의 #을 지우세요.",
        "# Settings of counsel. Take the # off a line to use it.",
    )
    entries = [
        f"# {settings.explanation_of(name)} {settings.allowed(name)}.\n# {_assignment(name, settings.default_of(name))}"
        for name in settings.names()
    ]
    return "\n\n".join([head, *entries]) + "\n"


def _tell_problems(kept: Settings) -> None:
    for problem in kept.problems:
        warn(problem)
