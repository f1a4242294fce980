"""Parameters, each declared once, as a field of a frozen dataclass: what a panel, an option and a check need to know.

Example:
    @dataclass(frozen=True)
    class Lamp:
        brightness: int = declare(5, 0, 10, 1, "밝기입니다.", "How bright it is.")

        def __post_init__(self) -> None:
            validate(self)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from engine.errors import CounselError
from engine.language import text


@dataclass(frozen=True)
class Parameter:
    """What is known of a parameter besides its name.

    Attributes:
        default: its value unless someone says otherwise; an int where only whole numbers make sense.
        minimum: the smallest value that is allowed.
        maximum: the largest.
        step: how far one key press goes.
        ko: one line of explanation in Korean.
        en: the same in English.
        unit_ko: what is counted, in Korean; empty for a mere number.
        unit_en: the same in English.
    """

    default: float
    minimum: float
    maximum: float
    step: float
    ko: str
    en: str
    unit_ko: str = ""
    unit_en: str = ""

    @property
    def explanation(self) -> str:
        """The one line, in the chosen language."""
        return text(self.ko, self.en)

    @property
    def unit(self) -> str:
        """What is counted, in the chosen language."""
        return text(self.unit_ko, self.unit_en)

    @property
    def allowed(self) -> str:
        """From where to where it goes, in the chosen language."""
        least, most = number(self.minimum), number(self.maximum)
        return text(f"{least}~{most}", f"{least} to {most}")

    def clamp(self, value: float) -> float:
        """Return the value of the parameter's grid of steps that is nearest to `value` and allowed."""
        on_grid = round(round(value / self.step) * self.step, 10)
        return type(self.default)(min(self.maximum, max(self.minimum, on_grid)))

    def allows(self, value: object) -> bool:
        """Return whether `value` is a number of the right kind and within the range; NaN is not."""
        kinds = int if isinstance(self.default, int) else (int, float)
        return (
            isinstance(value, kinds) and not isinstance(value, bool) and self.minimum <= value <= self.maximum
        )


def number(value: float) -> str:
    """Write a value: an int with all its digits, others with no more than they need."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def declare(
    default: float,
    minimum: float,
    maximum: float,
    step: float,
    ko: str,
    en: str,
    unit_ko: str = "",
    unit_en: str = "",
) -> Any:
    """Return a dataclass field that knows its `Parameter`; the arguments are its attributes."""
    parameter = Parameter(default, minimum, maximum, step, ko, en, unit_ko, unit_en)
    return field(default=default, metadata={"parameter": parameter})


def parameters_of(cls: type) -> Mapping[str, Parameter]:
    """Return the declared parameters of a dataclass by name, in the order of its fields."""
    return {f.name: f.metadata["parameter"] for f in fields(cls) if "parameter" in f.metadata}


def validate(settings: object) -> None:
    """Check every declared parameter of a dataclass instance.

    Raises:
        CounselError: a value is no number of the right kind, or out of its range; the message names the parameter.
    """
    for name, parameter in parameters_of(type(settings)).items():
        value = getattr(settings, name)
        if not parameter.allows(value):
            whole = isinstance(parameter.default, int)
            raise CounselError(
                text(
                    f"{name}={value}: {parameter.allowed}의 {'정수' if whole else '수'}여야 합니다.",
                    f"{name}={value}: must be {'a whole number' if whole else 'a number'} from {parameter.allowed}.",
                )
            )
