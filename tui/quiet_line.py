"""One quiet line about how a reply came about."""

from dataclasses import asdict
from itertools import pairwise

from engine import Reply, Sampling
from engine.language import text
from engine.parameters import number


def quiet_line(reply: Reply) -> str:
    """Return what is worth knowing of a reply, the most important first."""
    notes: list[str] = []
    if reply.finish_reason == "stopped":
        notes.append(text("멈춤", "stopped"))
    if reply.truncated:
        notes.append(text("앞부분은 못 읽음", "cut at the beginning"))
    notes += changes(reply)
    count, seconds = len(reply.token_ids), reply.timings.computing
    notes.append(text(f"토큰 {count}개", f"{count} token{'s' * (count != 1)}"))
    notes.append(text(f"{seconds:.1f}초", f"{seconds:.1f} s"))
    if count and seconds > 0:
        notes.append(text(f"초당 {count / seconds:.0f}개", f"{count / seconds:.0f} a second"))
    return " · ".join(notes)


def changes(reply: Reply) -> list[str]:
    """Return at which token the sampling was changed in mid-reply, and to what."""
    return [
        text(
            f"{place + 1}번째 토큰부터 {_changed(before, now)}",
            f"{_changed(before, now)} from token {place + 1}",
        )
        for (_, before), (place, now) in pairwise(reply.samplings)
    ]


def _changed(before: Sampling, now: Sampling) -> str:
    old = asdict(before)
    return ", ".join(f"{name} {number(value)}" for name, value in asdict(now).items() if value != old[name])
