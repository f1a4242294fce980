"""What is compared: the settings of each column, each with a name that says what differs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from engine import PRESETS, Sampling
from engine.language import text
from engine.parameters import number
from engine.presets import preset_of

Kind = Literal["seeds", "presets", "temperatures"]
KINDS: Sequence[Kind] = get_args(Kind)
FEWEST, MOST = 2, 4  # columns
_TEMPERATURES = (0.0, 0.7, 1.0, 1.5, 0.3)  # beside the present one, in this order


@dataclass(frozen=True)
class Setting:
    """What one column is sampled with.

    Attributes:
        name: what differs from the others.
        sampling: the values.
        seed: of the random numbers.
    """

    name: str
    sampling: Sampling
    seed: int


def title(kind: Kind) -> str:
    """Return the name of what differs."""
    return {
        "seeds": text("씨앗", "seeds"),
        "presets": text("프리셋", "presets"),
        "temperatures": "temperature",
    }[kind]


def settings(kind: Kind, present: Sampling, seed: int, count: int) -> tuple[Setting, ...]:
    """Return what is compared; the first column has the present settings and the seed.

    Args:
        kind: what differs.
        present: the values of the sampling panel.
        seed: of the first column, and of all where something else differs.
        count: of columns, from FEWEST to MOST.
    """
    match kind:
        case "seeds":
            seeds = [(seed + step) % 2**32 for step in range(count)]
            return tuple(Setting(text(f"씨앗 {one}", f"seed {one}"), present, one) for one in seeds)
        case "presets":
            own = preset_of(present)
            name = own.name if own else text("값", "values")
            others = [
                (preset.name, replace(present, **preset.values))
                for preset in PRESETS.values()
                if preset is not own
            ]
        case "temperatures":
            name = _temperature(present.temperature)
            others = [
                (_temperature(value), replace(present, temperature=value))
                for value in _TEMPERATURES
                if value != present.temperature
            ]
    found = [(text(f"지금: {name}", f"present: {name}"), present), *others]
    return tuple(Setting(*one, seed) for one in found[:count])


def _temperature(value: float) -> str:
    return f"temperature {number(value)}"
