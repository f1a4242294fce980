"""The options of every command that asks an engine."""

from pathlib import Path
from typing import Any

import click

from engine.language import text
from engine.sampling import PARAMETERS, Sampling


def engine_options(command: click.Command) -> click.Command:
    """Add `--model`, `--seed`, and an option for each sampling parameter that the engine declares."""
    command.params += [
        click.Option(
            ["--model"],
            type=click.Path(path_type=Path),
            metavar="DIR",
            help=text(
                "모델 폴더. 기본값은 함께 설치된 모델.", "A model folder. Default: the one that came along."
            ),
        ),
        click.Option(
            ["--seed"],
            type=click.IntRange(0),
            metavar="N",
            help=text(
                "난수의 씨앗. 같은 값은 같은 답을 냅니다.", "Random seed; the same one gives the same answer."
            ),
        ),
    ]
    for name, parameter in PARAMETERS.items():
        allowed = text(
            f"{parameter.minimum:g}~{parameter.maximum:g}, 보통 {parameter.default:g}",
            f"{parameter.minimum:g} to {parameter.maximum:g}, usually {parameter.default:g}",
        )
        command.params.append(
            click.Option(
                [f"--{name.replace('_', '-')}"],
                type=type(parameter.default),
                metavar="N",
                help=f"{parameter.explanation} ({allowed})",
            )
        )
    return command


def take_sampling(options: dict[str, Any]) -> dict[str, Any]:
    """Remove the sampling parameters from a command's options and return those that were given.

    Raises:
        CounselError: a value is out of its range.
    """
    given = {name: options.pop(name) for name in PARAMETERS}
    given = {name: value for name, value in given.items() if value is not None}
    Sampling(**given)  # a wrong value is refused before any model is loaded
    return given
