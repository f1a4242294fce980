"""A linear expert on n-grams that recognises a crisis where no rule speaks.

People say such things in more ways than anybody writes rules for. The expert was trained on utterances of people in danger
and on harmless ones with the same words (`python -m train.crisis`); it is a file of the package, needs no language
model, and takes less than a millisecond.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from safetensors.numpy import load_file

from engine.ngrams import LinearExpert

FILE = Path(__file__).parent / "data" / "crisis.safetensors"
THRESHOLD = 0.0  # of the SVM's margin


class Suspicion(NamedTuple):
    """What the expert holds of a text.

    Attributes:
        score: above `THRESHOLD` it is taken for a crisis.
        level: place of the likeliest one in `engine.safety.LEVELS`.
        kind: place of the likeliest one in `engine.safety.KINDS`.
    """

    score: float
    level: int
    kind: int


def suspect(said: str, levels: int) -> Suspicion:
    """Return what the expert holds of a text.

    Args:
        said: any text.
        levels: how many levels there are; the rest of the expert's classes are the kinds.
    """
    scores = _expert().scores(said)
    return Suspicion(
        float(scores[1]), int(scores[2 : 2 + levels].argmax()), int(scores[2 + levels :].argmax())
    )


@cache
def _expert() -> LinearExpert:
    return LinearExpert.unpack(load_file(FILE))
