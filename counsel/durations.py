"""Times as a person writes them: 2h, 90m, 45s, 1h30m."""

import re
from dataclasses import dataclass
from typing import Any

import click

from engine.language import text

_PATTERN = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,8})m)?(?:([0-9]{1,10})s)?")


@dataclass(frozen=True)
class Duration:
    """A time.

    Attributes:
        seconds: whole ones.
    """

    seconds: int

    @classmethod
    def parse(cls, written: str) -> "Duration":
        """Read "2h", "90m", "45s" or several of them, the longest first; "0" is no time.

        Raises:
            ValueError: it is not written like that.
        """
        if written == "0":
            return cls(0)
        match = _PATTERN.fullmatch(written)
        if not match or not written:
            raise ValueError(written)
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return cls(3600 * hours + 60 * minutes + seconds)

    @property
    def minutes(self) -> float:
        """The same in minutes."""
        return self.seconds / 60

    def __str__(self) -> str:
        for unit, seconds in (("h", 3600), ("m", 60)):
            if self.seconds and self.seconds % seconds == 0:
                return f"{self.seconds // seconds}{unit}"
        return f"{self.seconds}s"


class DurationType(click.ParamType[Duration]):
    """An option's value that is a time."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Duration:
        """Return the time."""
        if isinstance(value, Duration):
            return value
        try:
            return Duration.parse(str(value).strip())
        except ValueError:
            self.fail(
                text("2h, 90m, 45s, 1h30m처럼 적으세요", "write it as 2h, 90m, 45s or 1h30m"), param, ctx
            )


class IntervalType(click.ParamType[Duration | int]):
    """An option's value that is a time, or a number of steps."""

    name = "interval"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Duration | int:
        """Return the time, or the steps."""
        if isinstance(value, Duration | int):
            return value
        written = str(value).strip()
        if re.fullmatch(r"[0-9]{1,12}", written):
            return int(written)
        try:
            return Duration.parse(written)
        except ValueError:
            self.fail(
                text("10m처럼 시간이나 500처럼 스텝 수를 적으세요", "write a time as 10m, or steps as 500"),
                param,
                ctx,
            )
