"""What the sampling panel sets, the preset that it came from, and the way back: pure state."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from engine import MEMORY_PARAMETERS, PARAMETERS, PRESETS, Memory, Parameter, Sampling
from engine.presets import preset_of
from tui.pace import PACE

KNOBS: Mapping[str, Parameter] = {**PARAMETERS, **MEMORY_PARAMETERS, "pace": PACE}


@dataclass(frozen=True)
class Knobs:
    """How all knobs stand.

    Attributes:
        sampling: how the next token is chosen.
        memory: how earlier turns count, from the next question on.
        pace: characters a second.
        preset: the name of the preset that was chosen last; None if the values are those to begin with.
    """

    sampling: Sampling
    memory: Memory
    pace: float
    preset: str | None = None

    @classmethod
    def begin(cls, sampling: Sampling, memory: Memory, pace: float) -> "Knobs":
        """Return the knobs to begin with."""
        preset = preset_of(sampling)
        return cls(sampling, memory, pace, preset.name if preset else None)

    @property
    def values(self) -> dict[str, float]:
        """The values by the names of their parameters."""
        return asdict(self.sampling) | asdict(self.memory) | {"pace": self.pace}

    def turned(self, name: str, value: float) -> "Knobs":
        """Return the knobs with one at another value."""
        if name in PARAMETERS:
            return replace(self, sampling=replace(self.sampling, **{name: value}))  # type: ignore[arg-type]
        if name in MEMORY_PARAMETERS:
            return replace(self, memory=replace(self.memory, **{name: value}))  # type: ignore[arg-type]
        return replace(self, **{name: value})  # type: ignore[arg-type]

    def preset_to(self, preset: str) -> "Knobs":
        """Return the knobs at the values of a preset; the seed, the memory and the pace, which none names, stay."""
        return replace(self, sampling=replace(self.sampling, **PRESETS[preset].values), preset=preset)


class KnobHistory:
    """The knobs, and how they stood before.

    Attributes:
        now: how they stand.
        start: how they stood in the beginning.
    """

    def __init__(self, start: Knobs) -> None:
        self.start = self.now = start
        self._before: list[Knobs] = []
        self._undone: list[Knobs] = []

    def turn(self, knobs: Knobs, *, goes_on: bool = False) -> None:
        """Take over how the knobs stand now.

        Args:
            knobs: as they are now.
            goes_on: whether this belongs to the change before, as when a bar is dragged: one undo takes all of it back.
        """
        if knobs == self.now:
            return
        if not (goes_on and self._before):
            self._before.append(self.now)
        self._undone.clear()
        self.now = knobs

    def undo(self) -> bool:
        """Go back to before the last change, and tell whether there was one."""
        return self._move(self._before, self._undone)

    def redo(self) -> bool:
        """Take the last undo back, and tell whether there was one."""
        return self._move(self._undone, self._before)

    def default_of(self, name: str) -> float:
        """Return what a reset brings back: the value of the preset, else the one to begin with."""
        if name == "pace":
            return PACE.default  # the one to begin with is what was chosen last
        preset = PRESETS[self.now.preset].values if self.now.preset else {}
        value: float = preset.get(name, self.start.values[name])
        return value

    def is_changed(self, name: str) -> bool:
        """Return whether a reset would change a value."""
        return self.now.values[name] != self.default_of(name)

    @property
    def is_preset_changed(self) -> bool:
        """Whether a value of the sampling is another than the preset's; the seed, which no preset names, never is."""
        return any(self.is_changed(name) for name in PARAMETERS if name != "seed")

    def _move(self, source: list[Knobs], target: list[Knobs]) -> bool:
        if not source:
            return False
        target.append(self.now)
        self.now = source.pop()
        return True
