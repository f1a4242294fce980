"""Time what was kept with 100,000 messages: opening the list, searching, writing a turn, deleting a session.

python -m bench.store [--messages 100000] [--passphrase WORD]
"""

import csv
import random
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from engine import Reply, Sampling, Timings, Topic, Topics
from tui.store import Keeper, Store
from tui.transcript import Transcript, Variant

CORPUS = Path(__file__).parents[1] / "tests" / "corpus" / "everyday.csv"
TURNS = 50  # of a session
WORDS = ("꺄", "불면", "잠을 못", "요즘", "나", "뷁", "코끼리", "이런 말은 아무도 안 했다")


def fill(store: Store, messages: int) -> None:
    """Keep sessions of invented sentences, made of the corpus's words."""
    chance = random.Random(1)  # noqa: S311
    with CORPUS.open(encoding="utf-8", newline="") as file:
        said = [row[1] for row in csv.reader(file)]
    words = " ".join(said).split()
    topics = [f"주제/{number}" for number in range(70)]

    def sentence() -> str:
        return " ".join(chance.choices(words, k=8))

    for session in range(messages // TURNS // 2):
        transcript = Transcript()
        for _ in range(TURNS):
            exchange = transcript.say(sentence() + (" 코끼리" if session == 7 else ""))
            reply = _reply(
                sentence(), chance.choice(topics), topics, transcript.before(exchange.key)[-1:] != ()
            )
            transcript.answer(exchange.key, Variant(reply.text, "reply", reply, reply.topic))
        Keeper(store).save(transcript.everything, transcript.keys[-1])


def _reply(text: str, topic: str, topics: list[str], later: bool) -> Reply:
    """Return one as large as the shipped model's: the likelihood of 70 topics, a prompt of some earlier turns."""
    return Reply(
        question=text,
        topic=topic,
        topics=Topics(tuple(Topic(each, 1 / 71, 1 / 71) for each in topics), 0.01, topic),
        text=text,
        token_ids=tuple(range(20, 45)),
        prompt_ids=tuple(range(1000, 1200 if later else 1020)),
        label_ids=(1, 2, 3),
        seed=1,
        samplings=((0, Sampling()),),
        model="x@0123456789ab/int8",
        finish_reason="eos",
        truncated=False,
        timings=Timings(0.1, 0.2),
    )


def tell(what: str, action: Callable[[], object], runs: int = 5) -> None:
    """Print the median and the worst of some runs, in milliseconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        found = action()
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    size = f"  ({len(found)})" if isinstance(found, list) else ""
    click.echo(f"{what:<34} {times[len(times) // 2]:8.1f} ms, worst {times[-1]:8.1f} ms{size}")


@click.command()
@click.option("--messages", default=100_000)
@click.option("--passphrase")
def main(messages: int, passphrase: str | None) -> None:
    """Fill a store in a temporary folder, and time it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = time.perf_counter()
        with Store(folder, passphrase) as store:
            fill(store, messages)
            path = store.path
        click.echo(
            f"{messages} messages written in {time.perf_counter() - start:.0f} s, {path.stat().st_size / 2**20:.0f} MiB"
        )

        def list_anew() -> object:
            with Store(folder, passphrase) as fresh:
                return fresh.sessions()

        tell("open the file and list", list_anew)
        with Store(folder, passphrase) as store:
            tell("list", store.sessions)
            for words in WORDS:
                tell(f"search {words}", lambda words=words: store.search(words))  # type: ignore[misc]
            session = store.sessions()[0].id
            tell("read a session of 100 messages", lambda: store.load(session)[0])
            keeper, transcript = Keeper(store), Transcript()

            def turn() -> None:
                exchange = transcript.say(f"요즘 {datetime.now().astimezone()}")
                reply = _reply("네", "일상", ["일상"] * 70, True)
                transcript.answer(exchange.key, Variant("네", "reply", reply, "일상"))
                keeper.save(transcript.everything, exchange.key)

            tell("write a turn", turn, runs=200)
            tell("delete a session", lambda: store.delete(store.sessions()[-1].id), runs=2)


if __name__ == "__main__":
    main()
