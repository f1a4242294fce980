"""The options that say how a model is trained, made from `train.settings.Settings`."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import click

from counsel.checks import finite
from counsel.durations import Duration, DurationType, IntervalType
from counsel.option_groups import Group, Option
from counsel.recipes import learning_rate
from engine.language import text
from engine.parameters import parameters_of
from train.settings import Settings

NAMES = {"counted": "loss"}  # options that are called otherwise than their field
TIMES = ("max_minutes", "save_minutes", "save_steps")  # have options that understand 2h and 500
LOOP = ("accumulate", "shuffle", "buckets", "max_steps", "arithmetic", "xla", "seed")


def _explanations() -> Mapping[str, str]:
    """Return what the settings do that are no numbers."""
    return {
        "schedule": text(
            "학습률: cosine은 올랐다가 0으로 내려가고 constant는 그대로입니다.",
            "The learning rate: cosine rises and falls to zero, constant stays.",
        ),
        "counted": text(
            "손실에 드는 곳. target: 라벨, 응답, 끝 토큰. text: 발화까지. all: 채운 자리까지.",
            "What the loss counts. target: label, response and end token; text: the utterance, too; all: even the padding.",
        ),
        "best_by": text(
            "가장 좋은 에폭을 고르는 점수.",
            "The score on the held-out rows by which the best epoch is chosen.",
        ),
        "shuffle": text("에폭마다 순서를 섞습니다.", "Read the rows in a new order each epoch."),
        "buckets": text(
            "길이가 비슷한 행끼리 묶어 덜 채웁니다.",
            "Batch rows of about the same length, so as to pad less.",
        ),
        "arithmetic": text(
            "계산의 정밀도. auto: 되는 GPU에서는 16비트, 그 밖에는 float32.",
            "Arithmetic of the network. auto: 16 bits on a GPU that is made for it, else float32.",
        ),
        "xla": text(
            "XLA로 컴파일합니다. auto: GPU에서만.",
            "Compile by XLA. auto: on a GPU.",
        ),
    }


def settings_options(
    defaults: Mapping[str, Any] | None = None, without: Collection[str] = ()
) -> list[click.Option]:
    """Return an option for each setting.

    Args:
        defaults: where they differ from those of `Settings`, by the options' long names.
        without: fields that get none.
    """
    given = defaults or {}
    names = [field.name for field in fields(Settings) if field.name not in (*TIMES, *without)]
    return [*(_option(name, given) for name in names), *_time_options()]


def _option(name: str, defaults: Mapping[str, Any]) -> Option:
    group: Group = "loop" if name in LOOP else "learning"
    long = NAMES.get(name, name).replace("_", "-")
    default = defaults.get(long, getattr(Settings, name))
    parameter = parameters_of(Settings).get(name)
    if name == "learning_rate":
        rates = f"{learning_rate(False, 0):g} (scratch {learning_rate(True, 0):g}, LoRA {learning_rate(False, 1):g})"
        default, shown = None, rates
    else:
        shown = ""
    if parameter:
        whole = isinstance(parameter.default, int)
        kind = click.IntRange if whole else click.FloatRange
        return Option(
            [f"--{long}", name],
            group=group,
            type=kind(parameter.minimum, parameter.maximum),  # type: ignore[arg-type]
            metavar="N" if whole else "X",
            callback=finite,
            default=default,
            shown=shown,
            help=parameter.explanation,
        )
    explanation = _explanations()[name]
    if isinstance(default, bool):
        return Option([f"--{long}/--no-{long}", name], group=group, default=default, help=explanation)
    choices = get_args(get_type_hints(Settings)[name])
    return Option(
        [f"--{long}", name], group=group, type=click.Choice(choices), default=default, help=explanation
    )


def _time_options() -> list[Option]:
    return [
        Option(
            ["--max-time"],
            group="loop",
            type=DurationType(),
            metavar="2h|90m|45s",
            help=text(
                "이 시간이 지나면 저장하고 마칩니다. 첫 스텝부터 검증과 저장까지, 멈추기 전에 쓴 시간도 더해서 셉니다. 읽고 준비하는 "
                "시간과, 끝에 한 번 재고 모델을 쓰는 시간은 들지 않습니다.",
                "Save and stop after this time, counted from the first step on: steps, measuring and saving, in earlier runs "
                "of the training too. Reading the data before it does not count, nor measuring once more and writing the "
                "model after it.",
            ),
        ),
        Option(
            ["--save-every"],
            group="loop",
            type=IntervalType(),
            metavar="10m|500",
            default=str(Duration(round(60 * Settings.save_minutes))),
            help=text(
                "체크포인트를 저장하는 간격, 시간이나 스텝 수. 에폭 끝에는 늘 저장합니다.",
                "Time or steps between two checkpoints; one is saved after each epoch anyway.",
            ),
        ),
    ]


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Return the settings that a command's options say, whose learning rate is known by now.

    Raises:
        CounselError: they do not go together.
    """
    longest: Duration | None = values["max_time"]
    every: Duration | int = values["save_every"]
    return Settings(
        **{field.name: values[field.name] for field in fields(Settings) if field.name in values},
        max_minutes=longest.minutes if longest else 0.0,
        save_minutes=every.minutes if isinstance(every, Duration) else 0.0,
        save_steps=every if isinstance(every, int) else 0,
    )
