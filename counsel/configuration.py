"""Options from a TOML file, and the options of a training as one.

What comes first of these says what an option is: the command line, the file, the recipe, the option's default.
"""

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
import tomli_w

from counsel.option_groups import GroupedCommand, Option, group_titles
from counsel.recipes import DEFAULT, RECIPES
from engine.errors import CounselError
from engine.language import text

ON_THE_COMMAND_LINE = ("config", "resume", "help", "lang", "version")


class ConfiguredCommand(GroupedCommand):
    """A command whose options `--config FILE`, `--resume` and `--recipe` give values to."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the file and the recipe before the options, which find their values there."""
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        if not ctx.resilient_parsing and not given.get("help"):
            ctx.default_map = self._values(ctx, given)
        return super().parse_args(ctx, args)

    def _values(self, ctx: click.Context, given: Mapping[str, Any]) -> dict[str, Any]:
        path = given.get("config") or _configuration_of_run(self, ctx, given)
        from_file = read_configuration(Path(path), self, ctx) if path else {}
        recipe = given.get("recipe") or from_file.get("recipe", DEFAULT)
        keys = _keys(self)
        recipes = RECIPES if "recipe" in keys else {}
        from_recipe = {keys[key].name: value for key, value in recipes.get(recipe, {}).items() if key in keys}
        return {**from_recipe, **from_file}


def _configuration_of_run(
    command: click.Command, ctx: click.Context, given: Mapping[str, Any]
) -> Path | None:
    """Return the configuration of the run that `--resume` goes on with, as this machine keeps it."""
    if not given.get("resume"):
        return None
    if not given.get("out"):
        raise CounselError(
            text(
                "--resume: 이어 갈 학습의 모델 폴더를 --out으로 주세요.",
                "--resume: name the model folder of the training to go on with by --out.",
            )
        )
    from counsel.training import make_cluster
    from train.checkpoint import CONFIGURATION, run_folder

    keys = _keys(command)
    workers, index = (keys[key].process_value(ctx, given.get(key)) for key in ("workers", "index"))
    path = run_folder(Path(given["out"]).resolve(), make_cluster(workers, index)) / CONFIGURATION
    if not path.is_file():
        raise CounselError(
            text(
                f"{path}: 없습니다. 이어 갈 학습이 없으니 --resume 없이 시작하세요.",
                f"{path}: does not exist, so there is no training to go on with. Start without --resume.",
            )
        )
    if not _is_whole(path):
        raise CounselError(
            text(
                f"{path}: 손상되어 이 학습의 옵션을 알 수 없습니다. 시작할 때의 옵션을 적은 파일을 --config로 함께 주거나, "
                "--resume 대신 --overwrite로 새로 시작하세요.",
                f"{path}: damaged, so the options of this training are not known. Give a file with the options that it was "
                "started with by --config, too, or start anew with --overwrite instead of --resume.",
            )
        )
    return path


def _is_whole(path: Path) -> bool:
    """Return whether a file is TOML and not empty."""
    try:
        return bool(tomllib.loads(path.read_text("utf-8")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False


def read_configuration(path: Path, command: click.Command, ctx: click.Context) -> dict[str, Any]:
    """Return what a TOML file says of a command's options.

    Args:
        path: keys are the options' long names, at the top or in tables called as the groups of the help page.
        command: whose options they are.
        ctx: of the command's call.

    Returns:
        The values, checked but as they are written, by the names of the options' parameters.

    Raises:
        CounselError: the file cannot be read, or a key or value cannot be used.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CounselError(
            text(
                f"{path}: 읽을 수 없습니다({error.strerror}). --config를 확인하세요.",
                f"{path}: cannot be read ({error.strerror}). Check --config.",
            )
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CounselError(
            text(
                f"{path}: TOML이 아닙니다({error}). `learning-rate = 3e-5`처럼 적으세요.",
                f"{path}: no TOML ({error}). Write `learning-rate = 3e-5` and so on.",
            )
        ) from error
    keys = _keys(command)
    values: dict[str, Any] = {}
    for key, value in _entries(path, tables, list(keys)):
        parameter = keys.get(key) or _refuse(path, key, list(keys))
        if parameter.name in values:
            raise CounselError(
                text(
                    f"{path}: {key}: 두 번 나옵니다. 하나만 남기세요.",
                    f"{path}: {key}: given twice. Leave one.",
                )
            )
        _check(path, key, parameter, value, ctx)
        values[str(parameter.name)] = value
    return values


def _keys(command: click.Command) -> dict[str, click.Parameter]:
    """Return the options that may stand in a file, by their long names."""
    named = {_key(parameter): parameter for parameter in command.params}
    return {key: parameter for key, parameter in named.items() if key not in ON_THE_COMMAND_LINE}


def _key(parameter: click.Parameter) -> str:
    return next((name[2:] for name in parameter.opts if name.startswith("--")), str(parameter.name))


def _entries(path: Path, tables: Mapping[str, Any], keys: list[str]) -> Iterator[tuple[str, Any]]:
    for key, value in tables.items():
        if not isinstance(value, dict) or key in keys:
            yield key, value
        elif key in group_titles():
            yield from value.items()
        else:
            _refuse(path, key, [*keys, *group_titles()])


def _refuse(path: Path, key: str, known: list[str]) -> Any:
    if key in ON_THE_COMMAND_LINE:
        raise CounselError(
            text(
                f"{path}: {key}: 명령줄에서만 씁니다. 파일에서 빼세요.",
                f"{path}: {key}: is for the command line only. Take it out of the file.",
            )
        )
    near = get_close_matches(key.replace("_", "-").lower(), known, n=1, cutoff=0.5)
    korean = f"'{near[0]}'이(가) 맞습니까?" if near else "이름은 --help에 있습니다."
    english = f"Did you mean '{near[0]}'?" if near else "The names are in --help."
    raise CounselError(
        text(f"{path}: {key}: 없는 옵션입니다. {korean}", f"{path}: {key}: no such option. {english}")
    )


def _check(path: Path, key: str, parameter: click.Parameter, value: Any, ctx: click.Context) -> None:
    """Refuse a value of another kind than the option's, which click would bend, and one that the option refuses."""
    several = _takes_several(parameter)
    kinds, korean, english = _expected(parameter)
    parts = value if several and isinstance(value, list) else [value]
    right = all(isinstance(part, kinds) and (isinstance(part, bool) == (kinds is bool)) for part in parts)
    written = " ".join(tomli_w.dumps({key: value}).split())
    if not right or several != isinstance(value, list):
        raise CounselError(
            text(f"{path}: {written}: {korean} 적으세요.", f"{path}: {written}: write {english}.")
        )
    try:
        parameter.process_value(ctx, value)
    except click.BadParameter as error:
        reason = error.message.rstrip(".")
        raise CounselError(
            text(
                f"{path}: {written}: 쓸 수 없는 값입니다({reason}). --help를 보세요.",
                f"{path}: {written}: {reason}. See --help.",
            )
        ) from error
    except CounselError as error:
        raise CounselError(f"{path}: {error}") from error


def _takes_several(parameter: click.Parameter) -> bool:
    return bool(getattr(parameter, "multiple", False)) or parameter.nargs == -1


def _expected(parameter: click.Parameter) -> tuple[type | tuple[type, ...], str, str]:
    """Return the types of TOML values that an option takes, and what to write in words."""
    if _takes_several(parameter):
        return str, '["…", "…"]처럼 따옴표로 묶어', 'a list as ["…", "…"]'
    if getattr(parameter, "is_flag", False):
        return bool, "true나 false로", "true or false"
    if isinstance(parameter.type, click.types.IntParamType):
        return int, "정수로", "a whole number"
    if isinstance(parameter.type, click.types.FloatParamType):
        return (int, float), "수로", "a number"
    if parameter.type.name == "interval":
        return (int, str), '"10m"이나 500처럼', 'a time as "10m" or steps as 500'
    return str, "따옴표로 묶어", "it in quotes"


def write_configuration(command: click.Command, values: Mapping[str, Any]) -> str:
    """Return the options of a call as TOML, from which `--config` makes the same call again, in any folder.

    Args:
        command: whose options they are.
        values: of all options, by the names of their parameters, as they are used.
    """
    top: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {group: {} for group in group_titles()}
    for parameter in command.params:
        value = _as_toml(values.get(str(parameter.name)))
        if value is None or value == []:
            continue
        if isinstance(parameter, click.Argument):
            top[_key(parameter)] = value
        elif isinstance(parameter, Option) and parameter.kept:
            tables[parameter.group][_key(parameter)] = value
    written = tomli_w.dumps({**top, **{group: table for group, table in tables.items() if table}})
    head = text("이 학습을 되풀이하려면", "To repeat this training")
    return f"# {head}: counsel {command.name} --config FILE --out DIR\n{written}"


def _as_toml(value: Any) -> Any:
    """Return a value as a configuration file gives it."""
    match value:
        case None | bool() | int() | float():
            return value
        case Path():
            return str(value.absolute())
        case Mapping():
            return ",".join(f"{key}={name}" for key, name in value.items()) or None
        case tuple() | list():
            return [_as_toml(part) for part in value]
        case _:
            return str(value)
