"""How precisely a graph holds the model's matrices, from coarse to fine."""

from typing import Literal, get_args

Precision = Literal["int8", "mixed", "fp16", "fp32"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
