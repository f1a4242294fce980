"""The options of every command that asks an engine."""

from pathlib import Path
from typing import Any

import click

from engine.language import text
from engine.parameters import number
from engine.precision import PRECISIONS
from engine.presets import PRESETS
from engine.sampling import PARAMETERS, Sampling
from tui import settings


def engine_options(command: click.Command) -> click.Command:
    """Add `--model`, `--precision`, `--threads`, `--preset`, and an option for each sampling parameter that the engine declares."""
    command.params += [
        click.Option(
            ["--model"],
            type=click.Path(path_type=Path),
            metavar="DIR",
            help=text(
                "모델 폴더. 기본값은 설정의 model, 없으면 함께 설치된 모델.",
                "A model folder. Default: the setting model, else the one that came along.",
            ),
        ),
        click.Option(
            ["--precision"],
            type=click.Choice(PRECISIONS),
            help=text(
                "계산에 쓰는 가중치의 정밀도. 기본값은 모델이 권하는 것.",
                "Precision of the weights in use. Default: what the model recommends.",
            ),
        ),
        click.Option(
            ["--threads"],
            type=click.IntRange(1),
            metavar="N",
            help=text(
                "계산하는 스레드 수. 기본값은 물리 코어의 수.",
                "How many threads compute. Default: the number of physical cores.",
            ),
        ),
        click.Option(
            ["--preset"],
            type=click.Choice(list(PRESETS)),
            metavar="NAME",
            help=text("씨앗을 뺀 아래 값을 한꺼번에 정합니다. ", "Sets the values below, all but the seed. ")
            + " ".join(f"{name}: {preset.explanation}" for name, preset in PRESETS.items()),
        ),
    ]
    for name, parameter in PARAMETERS.items():
        allowed = " ".join(filter(None, (parameter.allowed, parameter.unit)))
        usually = text("보통", "usually") + " " + number(parameter.default)
        command.params.append(
            click.Option(
                [f"--{name.replace('_', '-')}"],
                type=type(parameter.default),
                metavar="N",
                help=f"{parameter.explanation} ({allowed}, {usually})",
            )
        )
    return command


def take_loading(options: dict[str, Any]) -> dict[str, Any]:
    """Remove from a command's options those of `Engine.load`, and return its arguments; without `--model`, the settings'."""
    path = options.pop("model") or settings.load().model_folder
    return {"path": path, **{name: options.pop(name) for name in ("precision", "threads")}}


def take_sampling(options: dict[str, Any]) -> dict[str, Any]:
    """Remove the preset and the sampling parameters from a command's options.

    Returns:
        The values that override the model's recommended ones: those of the preset, then those given one by one.

    Raises:
        CounselError: a value is out of its range.
    """
    preset = options.pop("preset")
    given = {name: options.pop(name) for name in PARAMETERS}
    given = {name: value for name, value in given.items() if value is not None}
    Sampling(**given)  # a wrong value is refused before any model is loaded
    return (PRESETS[preset].values if preset else {}) | given
