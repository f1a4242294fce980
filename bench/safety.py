"""How much judging finds, by level and kind, and how long it takes, also on 100,000 characters that are meant to take long.

python -m bench.safety
"""

import csv
import statistics
import time
from pathlib import Path
from random import Random

import click

from engine.reply_check import objection
from engine.safety import judge

CORPUS = Path(__file__).parent.parent / "train" / "corpus" / "counsel-ko.csv"
SETS = CORPUS.parents[2] / "tests" / "engine" / "crisis"
SIZE = 100_000
_SYLLABLES = "죽고싶다자살해목숨나도손목약을모았어뛰어내리칼찌르때려맞았아빠가친구이끝내사라지없살기"


def hostile() -> dict[str, str]:
    """Return inputs of `SIZE` characters by name."""
    random = Random(7)  # noqa: S311
    short = {
        "one syllable": "죽",
        "near misses": "죽고 시",
        "hits": "죽고 싶어 ",
        "hits, other phase": "나 죽고 싶다고 아빠가 ",
        "stops": ".",
        "stops and blanks": ". ",
        "blanks": " ",
        "breaks": "\n",
        "jamo": "ㅈㅜㄱ",
        "consonants": "ㅈ",
        "vowels": "ㅏ",
        "keyboard": "wnrrhtlvek",
        "latin": "kil",
        "digits": "1",
        "digits between": "자1",
        "combining marks": "a\u0301\u0323\u0316",
        "zero width": "\u200b",
        "emoji": "죽😀",
        "fullwidth": "ｋ",
        "harmless": "자살골 ",
        "gaps": "아빠가 약 칼 손목 친구 ",
    }
    repeated = {name: (piece * (SIZE // len(piece) + 1))[:SIZE] for name, piece in short.items()}
    return repeated | {
        "random suspicious": "".join(random.choices(_SYLLABLES + " ", k=SIZE)),
        "random hangul": "".join(chr(random.randrange(0xAC00, 0xD7A4)) for _ in range(SIZE)),
        "random unicode": "".join(chr(random.randrange(1, 0xD7FF)) for _ in range(SIZE)),
        "random printable": "".join(chr(random.randrange(32, 127)) for _ in range(SIZE)),
    }


def milliseconds(text: str) -> float:
    """Return how long it takes to judge a text."""
    start = time.perf_counter()
    judge(text)
    return (time.perf_counter() - start) * 1000


def _rates(name: str) -> None:
    """Print what is found of a set of `tests/engine/crisis`."""
    rows = [line.split("\t")[:3] for line in (SETS / f"{name}positive.tsv").read_text("utf-8").splitlines()]
    others = (SETS / f"{name}negative.tsv").read_text("utf-8").splitlines()
    crises = [judge(said) for _, _, said in rows]
    found: dict[str, list[bool]] = {"all": [], "acute": []}
    for (level, kind, _), crisis in zip(rows, crises, strict=True):
        for group in ("all", level, kind, *(["acute"] if level in ("plan", "attempt") else [])):
            found.setdefault(group, []).append(crisis is not None)
    told = ", ".join(
        f"{group} {sum(own)}/{len(own)} ({sum(own) / len(own):.1%})" for group, own in found.items()
    )
    wrong = sum(judge(said) is not None for said in others)
    print(
        f"{name}positive.tsv: {told}\n{name}negative.tsv: {wrong}/{len(others)} ({wrong / len(others):.2%})"
    )


@click.command(help=__doc__)
def main() -> None:
    """Print rates and times."""
    for name in ("", "second-"):
        _rates(name)
    with CORPUS.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    start = time.perf_counter()
    judge("죽고 싶어")
    print(f"first judgement of a process: {(time.perf_counter() - start) * 1000:.0f} ms")
    for row in rows:
        judge(row["유저"])  # patterns are compiled when they are first needed
    times = sorted(milliseconds(row["유저"]) for row in rows)
    print(
        f"utterances: median {statistics.median(times):.2f} ms, 99 % {times[len(times) * 99 // 100]:.2f} ms, "
        f"slowest {times[-1]:.2f} ms of {len(times)}"
    )
    start = time.perf_counter()
    for row in rows[:1000]:
        objection(row["챗봇"])
    print(f"replies: mean {time.perf_counter() - start:.2f} ms of 1,000")
    for name, text in hostile().items():
        milliseconds(text)
        print(f"{SIZE:,} characters, {name}: {min(milliseconds(text) for _ in range(3)):.1f} ms")


if __name__ == "__main__":
    main()
