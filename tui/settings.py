"""What a person chose to be remembered, in one TOML file; each setting is declared once, as a field of `Settings`.

Nothing is written unless asked: without a choice there is no file.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from engine import locations
from engine.errors import CounselError
from engine.language import text
from engine.parameters import Parameter, declare

Panel = Literal["topics", "sampling"]


def _setting(default: Any, ko: str, en: str) -> Any:
    """Return a dataclass field that knows its explanation in Korean and English."""
    return field(default=default, metadata={"ko": ko, "en": en})


@dataclass(frozen=True)
class Settings:
    """All settings; in the file they are written with hyphens, as options are.

    Attributes:
        problems: what could not be used of the file, a line each; no setting.
        chosen: the names of the settings that the file gives; no setting.
    """

    theme: str = _setting(
        "counsel-dark",
        "색. 앱에서는 Ctrl+P로 고릅니다.",
        "The colours. In the app, Ctrl+P chooses them.",
    )
    lang: Literal["ko", "en"] = _setting("ko", "화면과 도움말의 언어.", "The language of screens and help.")
    reduced_motion: bool = _setting(False, "움직임 없이 보여 줍니다.", "Show everything without animation.")
    panels: tuple[Panel, ...] = _setting(
        (), "시작할 때 열려 있을 옆 패널.", "The side panels that are open at the start."
    )
    quiet_line: bool = _setting(
        True,
        "답 아래에 주제, 시간, 속도를 한 줄로 보여 줍니다.",
        "Show topic, time and speed in a line below each reply.",
    )
    pace: float = declare(
        12.0,
        0.0,
        200.0,
        1.0,
        "답이 나오는 빠르기. 0이면 나오는 대로.",
        "How fast a reply comes. 0: as fast as it can.",
        "글자/초",
        "characters/s",
    )
    model: str = _setting(
        "",
        "모델 폴더. 비어 있으면 함께 설치된 모델.",
        "The model folder. Empty: the model that came along.",
    )
    keep: Literal["never", "always"] = _setting(
        "never",
        "대화를 이 컴퓨터에 보관할지: never(켤 때만), always(언제나).",
        "Whether conversations are kept on this machine: never (unless switched on), always.",
    )
    log: bool = _setting(
        False,
        "무슨 일이 있었는지 파일에 적습니다. 대화의 말은 적지 않습니다.",
        "Write what happens into a file; never what is said.",
    )
    problems: tuple[str, ...] = ()
    chosen: tuple[str, ...] = field(default=(), compare=False)

    @property
    def model_folder(self) -> Path | None:
        """The folder of `model`, wherever the program is called from; None for the model that came along."""
        return locations.settings().parent / Path(self.model).expanduser() if self.model else None


def key_of(name: str) -> str:
    """Return the name of a setting as it stands in the file."""
    return name.replace("_", "-")


def names() -> tuple[str, ...]:
    """Return the names of all settings, in the order of their declaration."""
    return tuple(each.name for each in fields(Settings) if each.metadata)


def default_of(name: str) -> Any:
    """Return what holds where the file is silent."""
    return getattr(Settings, name)


def explanation_of(name: str) -> str:
    """Return what a setting does, in the chosen language."""
    metadata = next(each.metadata for each in fields(Settings) if each.name == name)
    parameter: Parameter | None = metadata.get("parameter")
    return parameter.explanation if parameter else text(metadata["ko"], metadata["en"])


def load() -> Settings:
    """Return the settings of the file; where it is silent or cannot be used, the defaults and why."""
    path = locations.settings()
    try:
        written = path.read_text("utf-8")
        import tomllib  # takes its time, and most people have no such file

        entries = tomllib.loads(written)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        return Settings(problems=(_unreadable(path, error.strerror or type(error).__name__),))
    except ValueError as error:  # no TOML or no UTF-8
        return Settings(problems=(_unreadable(path, str(error)),))
    values, problems = {}, []
    for key, value in entries.items():
        try:
            name = name_of(key)
            values[name] = checked(name, value)
        except CounselError as error:
            problems.append(f"{path}:{_line_of(key, written)}: {error}")
    return replace(Settings(), **values, problems=tuple(problems), chosen=tuple(values))


def name_of(key: str) -> str:
    """Return the setting that a key of the file means.

    Raises:
        CounselError: there is none; the message names the nearest.
    """
    known = {key_of(name): name for name in names()}
    if key in known:
        return known[key]
    near = get_close_matches(key_of(key), known, 1, 0.5)
    raise CounselError(
        text(
            f"{key}: 없는 설정입니다. "
            + (f"'{near[0]}'이(가) 맞습니까?" if near else f"쓸 수 있는 것: {', '.join(known)}"),
            f"{key}: no such setting. "
            + (f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}"),
        )
    )


def checked(name: str, value: object) -> Any:
    """Return a value from TOML as the type of its setting.

    Raises:
        CounselError: it is of another type or not among the choices; the message says what may be written.
    """
    kind, parameter = _types()[name], _parameter(name)
    if parameter:
        if parameter.allows(value):
            return type(parameter.default)(value)  # type: ignore[arg-type]
    elif get_origin(kind) is tuple:
        choices = get_args(get_args(kind)[0])
        if isinstance(value, list | tuple) and all(part in choices for part in value):
            return tuple(dict.fromkeys(value))
    elif get_origin(kind) is Literal:
        if value in get_args(kind):
            return value
    elif isinstance(value, kind):
        return value
    raise CounselError(
        text(
            f"{key_of(name)}: 쓸 수 없는 값이어서 쓰지 않았습니다. {allowed(name)}",
            f"{key_of(name)}: this value cannot be used. {allowed(name)}",
        )
    )


def allowed(name: str) -> str:
    """Return in words what may be written for a setting."""
    kind, parameter = _types()[name], _parameter(name)
    if parameter:
        return text(
            f"{parameter.allowed}의 수({parameter.unit})",
            f"A number from {parameter.allowed} ({parameter.unit})",
        )
    if get_origin(kind) is tuple:
        choices = ", ".join(f'"{choice}"' for choice in get_args(get_args(kind)[0]))
        return text(f"[ ] 안에 {choices} 가운데 몇 개든", f"In brackets [ ], any of {choices}")
    if get_origin(kind) is Literal:
        return text("하나만: ", "One of ") + ", ".join(f'"{choice}"' for choice in get_args(kind))
    if kind is bool:
        return text("true나 false", "true or false")
    return text('"…"처럼 따옴표로 묶은 글', 'A text in quotes, as "…"')


def remember(**changes: Any) -> None:
    """Write settings into the file and leave all else in it, comments too, as it stands; None takes one out.

    Raises:
        CounselError: a value cannot be used, or the file cannot be written; it is then as it was.
    """
    import tomlkit  # not needed until a person chooses something

    path = locations.settings()
    values = {name: None if value is None else checked(name, value) for name, value in changes.items()}
    try:
        document = tomlkit.parse(path.read_text("utf-8") if path.exists() else _beginning())
        for name, value in values.items():
            key = key_of(name)
            if value is not None:
                document[key] = list(value) if isinstance(value, tuple) else value
            elif key in document:
                del document[key]
        write(tomlkit.dumps(document))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CounselError(
            text(
                f"{path}: 설정을 적지 못했습니다({reason}). 이번에는 그대로 쓰고, 폴더의 권한과 빈자리를 확인하세요.",
                f"{path}: the setting could not be written ({reason}). It holds for now; check the folder's rights and room.",
            )
        ) from error
    except ValueError as error:
        raise CounselError(_unreadable(path, str(error))) from error


def _beginning() -> str:
    return text(
        "# counsel의 설정. 설명: counsel config show\n",
        "# Settings of counsel. Explained by: counsel config show\n",
    )


def write(content: str) -> None:
    """Replace the file in one step, so that it is never half written; only its owner may read it.

    Raises:
        OSError: it cannot be written; it is then as it was.
    """
    path = locations.settings().resolve()  # a link to a file elsewhere stays a link
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, workshop = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(workshop).replace(path)
    except OSError:
        Path(workshop).unlink(missing_ok=True)
        raise


def _unreadable(path: Path, reason: str) -> str:
    return text(
        f"{path}: 읽을 수 없어 기본값을 씁니다({reason}). 고치려면: counsel config edit",
        f"{path}: not used, since it cannot be read ({reason}). To mend it: counsel config edit",
    )


def _line_of(key: str, written: str) -> int:
    """Return the line on which a key is written; tomllib does not tell it."""
    begins = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    return next((number for number, line in enumerate(written.split("\n"), 1) if begins.match(line)), 1)


@cache
def _types() -> Mapping[str, Any]:
    return get_type_hints(Settings)


def _parameter(name: str) -> Parameter | None:
    return next(each.metadata.get("parameter") for each in fields(Settings) if each.name == name)
