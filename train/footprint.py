"""How much memory a training will take, and how many rows a pass may have to fit.

The resident peak of a training is estimated as the sum of the following numbers of 4 bytes; in half precision, P and A count
2 bytes and P comes on top of the 4.

    what a process takes that has loaded TensorFlow
    P                                        weights
    2 T                                      Adam's two averages, of the T weights that are trained
    G T                                      their gradients, as computed, unscaled and clipped; 1.3 T more where passes add up
    A (layers + 4) rows length width         what blocks keep for the backward pass, and what one needs on its way
    B layers rows heads length²              what attention keeps for it
    C slots vocabulary                       logits at the positions where something is predicted, and their gradients
    12 layers width²                         LoRA only: each matrix with what is added to it

G, A, B and C were fitted to the resident peaks of single steps with dropout, on two CPU cores with TensorFlow 2.21:
`python -m bench.footprint` measures them and prints the estimates beside.
"""

from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import psutil

from engine.checkpoint import Geometry
from engine.errors import CounselError
from engine.language import text
from train.sequences.survey import Pass, Survey
from train.settings import Settings

OWN = 750_000_000  # bytes of a process that has loaded TensorFlow and begun to compute


@dataclass(frozen=True)
class Shares:
    """How many numbers are kept: G, A, B and C above."""

    gradients: float
    blocks: float
    attention: float
    head: float


COMPILED, INTERPRETED = Shares(2.9, 16.0, 3.6, 2.5), Shares(2.1, 21.5, 2.4, 1.2)  # with XLA, without
ADDED_UP = 1.3  # gradients that are kept besides where passes add up
ON_THE_WAY = 4  # layers
TOLERANCE = 1.15  # the estimate is not exact: what exceeds the memory by less is tried, with a warning
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # of a container


@dataclass(frozen=True)
class Footprint:
    """The memory that a training takes on each device.

    Attributes:
        geometry: of the network.
        settings: of the training.
        arithmetic: as `train.devices.choose_arithmetic` says.
        xla: whether XLA compiles the passes.
    """

    geometry: Geometry
    settings: Settings
    arithmetic: str = "float32"
    xla: bool = False

    @property
    def fixed(self) -> int:
        """Bytes that do not depend on the pass."""
        geometry, shares = self.geometry, self._shares
        stored = 4 if self.arithmetic == "float32" else 6  # in half precision a copy of the weights, too
        copies = 2 + shares.gradients + (ADDED_UP if self.settings.accumulate > 1 else 0)
        weights = sum(map(prod, geometry.shapes().values()))
        adapted = 12 * geometry.layers * geometry.width**2 if self.settings.lora_rank else 0
        return round(OWN + stored * weights + 4 * (copies * self.trained + adapted))

    @property
    def trained(self) -> int:
        """How many weights are changed."""
        geometry, settings = self.geometry, self.settings
        frozen = min(settings.freeze, geometry.layers)
        if settings.lora_rank:  # beside matrices of w × 3w, w × w, w × 4w and 4w × w
            return (geometry.layers - frozen) * settings.lora_rank * 16 * geometry.width
        block = 12 * geometry.width**2 + 13 * geometry.width
        return sum(map(prod, geometry.shapes().values())) - frozen * block

    def of_pass(self, one: Pass) -> int:
        """Return the bytes that a pass takes besides."""
        shares, geometry = self._shares, self.geometry
        size = 4 if self.arithmetic == "float32" else 2
        states = (geometry.layers + ON_THE_WAY) * one.rows * one.length * geometry.width
        scores = geometry.layers * one.rows * geometry.heads * one.length**2
        logits = one.slots * geometry.vocab_size
        # Softmax and loss are computed in float32 in any case.
        return round(size * shares.blocks * states + 4 * (shares.attention * scores + shares.head * logits))

    def dearest(self, survey: Survey) -> Pass:
        """Return the pass that takes the most."""
        return max(survey.updates, key=self.of_pass)

    def peak(self, survey: Survey) -> int:
        """Return the bytes at the peak of an epoch."""
        return self.fixed + self.of_pass(self.dearest(survey))

    def largest_rows(self, survey: Survey, available: int) -> int:
        """Return how many rows a pass may have so that each pass fits into so many bytes; 0 if not even one fits."""
        dearest = self.dearest(survey)
        a_row = self.of_pass(dearest) / dearest.rows
        return max(0, min(dearest.rows, int((available - self.fixed) / a_row)))

    @property
    def _shares(self) -> Shares:
        return COMPILED if self.xla else INTERPRETED


def available_bytes() -> int:
    """Return how much main memory this process can have, with what it has already."""
    own = psutil.Process().memory_info().rss
    limits = [int(content) for path in LIMITS if (content := _read(Path(path))).isdigit()]
    memory = psutil.virtual_memory()
    return min([memory.available + own, memory.total, *limits])


def _read(path: Path) -> str:
    return path.read_text().strip() if path.is_file() else ""


def check_memory(footprint: Footprint, survey: Survey, available: int, devices: int = 1) -> str:
    """Make sure, before the first step, that a training fits into main memory.

    Where it does not, the system ends the process without a word, so this is told before.

    Args:
        footprint: of the training.
        survey: of its passes.
        available: see `available_bytes`.
        devices: that divide an update among them.

    Returns:
        A warning, if it may just fail to fit; else nothing.

    Raises:
        CounselError: it certainly does not fit; the message names what does.
    """
    needed = footprint.peak(survey)
    if needed <= available:
        return ""
    told = text(
        f"메모리가 약 {needed / 1e9:.1f} GB 들 텐데 {available / 1e9:.1f} GB가 있습니다.",
        f"This takes about {needed / 1e9:.1f} GB of memory, and there are {available / 1e9:.1f} GB.",
    )
    batch_size = footprint.settings.batch_size
    several = replace(footprint, settings=replace(footprint.settings, accumulate=min(2, batch_size)))
    told = f"{told} {advise(batch_size, several.largest_rows(survey, available), devices)}"
    if needed > TOLERANCE * available:
        raise CounselError(told)
    return told


def advise(batch_size: int, rows: int, devices: int) -> str:
    """Return by which options a pass has at most so many rows; where that is none, what else needs less memory."""
    passes = -(-batch_size // (rows * devices)) if rows else batch_size + 1
    if passes * devices > batch_size:
        return text(
            "한 번에 한 행도 들어가지 않으니 더 작은 --base나 --size, 또는 --lora-rank 8을 쓰세요.",
            "Not even one row at a time fits: use a smaller --base or --size, or --lora-rank 8.",
        )
    return text(
        f"--accumulate {passes}(한 번에 {rows}행)을 주면 결과는 같고 메모리가 적게 듭니다.",
        f"--accumulate {passes} ({rows} rows a pass) gives the same result in less memory.",
    )
