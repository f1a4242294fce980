"""Checks of what options say, before anything slow."""

import math

import click

from engine.errors import CounselError
from engine.language import text


def finite(_context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """Return a number as it is; NaN and infinity are refused."""
    if value is not None and not math.isfinite(value):
        option = parameter.opts[0]
        raise CounselError(
            text(
                f"{option} {value}: 유한한 수가 아닙니다. 수를 적으세요.",
                f"{option} {value}: no finite number. Give one.",
            )
        )
    return value


def parse_balances(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[float, ...]:
    """Return what `--ablate-balance` says."""
    try:
        balances = tuple(float(part) for part in value.split(",")) if value else ()
    except ValueError:
        balances = (math.nan,)
    if not all(0 <= balance <= 1 for balance in balances):
        raise CounselError(
            text(
                f"--ablate-balance {value}: 0에서 1까지의 수를 쉼표로 이어 적으세요. 예: 0,0.5,1",
                f"--ablate-balance {value}: write numbers from 0 to 1, separated by commas, such as 0,0.5,1",
            )
        )
    return balances


def split_commas(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Return the parts of a list that commas divide."""
    return tuple(part.strip() for part in value.split(",")) if value else ()
