"""The options that the engine's declarations become."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from counsel.options import engine_options, take_loading, take_sampling
from engine import PARAMETERS, PRESETS, CounselError, Sampling, language
from engine.precision import PRECISIONS

Take = Callable[..., dict[str, Any]]


def build() -> click.Command:
    return engine_options(click.Command("ask", callback=lambda **options: options))


@pytest.fixture
def take() -> Take:
    """Return what a command line makes of the sampling."""

    def parse(*arguments: str) -> dict[str, Any]:
        options = build().main([*arguments], standalone_mode=False)
        given = take_sampling(options)
        take_loading(options)
        assert options == {}  # each option is one or the other
        return given

    return parse


def test_every_parameter_has_an_option(take: Take) -> None:
    for name, parameter in PARAMETERS.items():
        value = parameter.maximum
        assert take(f"--{name.replace('_', '-')}", str(value)) == {name: value}


def test_only_what_was_given_overrides(take: Take) -> None:
    assert take() == {}
    assert take("--seed", "-1") == {"seed": -1}


def test_a_preset_gives_all_but_the_seed_and_single_options_override_it(take: Take) -> None:
    original = PRESETS["original"].sampling
    assert Sampling(**take("--preset", "original")) == original
    assert set(take("--preset", "original")) == set(PARAMETERS) - {"seed"}
    given = take("--top-k", "7", "--preset", "original", "--seed", "3")
    assert (given["top_k"], given["seed"], given["min_length"]) == (7, 3, original.min_length)


@pytest.mark.parametrize(
    ("option", "value"), [("min-p", "2"), ("seed", "-2"), ("seed", str(2**32)), ("temperature", "nan")]
)
def test_a_value_out_of_range_is_refused_by_name(take: Take, option: str, value: str) -> None:
    with pytest.raises(CounselError, match=option.replace("-", "_")):
        take(f"--{option}", value)


def test_the_engine_is_loaded_as_it_was_asked_for() -> None:
    def take(*arguments: str) -> dict[str, Any]:
        return take_loading(build().main([*arguments], standalone_mode=False))

    assert take() == {"path": None, "precision": None, "threads": None}
    for precision in PRECISIONS:
        given = take("--model", "here", "--precision", precision, "--threads", "3")
        assert given == {"path": Path("here"), "precision": precision, "threads": 3}


@pytest.mark.parametrize(("option", "value"), [("--precision", "fp8"), ("--threads", "0")])
def test_a_wrong_way_to_load_is_refused_by_name(option: str, value: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        build().main([option, value], standalone_mode=False)
    assert refused.value.param is not None
    assert option in refused.value.param.opts


def test_an_unknown_preset_is_refused_by_name(take: Take) -> None:
    with pytest.raises(click.BadParameter, match="nonsense"):
        take("--preset", "nonsense")


@pytest.mark.parametrize("chosen", language.LANGUAGES)
def test_help_lists_presets_ranges_and_units(
    chosen: language.Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "_chosen", chosen)
    command = build()
    shown = "".join(command.get_help(click.Context(command)).split())
    for name, preset in PRESETS.items():
        assert f"{name}:{preset.explanation}".replace(" ", "") in shown
    for parameter in PARAMETERS.values():
        assert parameter.explanation.replace(" ", "") in shown
        assert f"({parameter.allowed}{parameter.unit}".replace(" ", "") in shown
