"""`counsel ask "문장"`: a topic and a reply on standard output, as text or as JSON."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from counsel.console import shared_options
from counsel.options import engine_options, take_sampling
from engine.errors import CounselError
from engine.language import text

if TYPE_CHECKING:
    from engine import Reply

# JSON leaves these as they are, but many readers end a line at them.
LINE_BREAKS = {ord(character): f"\\u{ord(character):04x}" for character in "\x85\u2028\u2029"}


def make() -> click.Command:
    """Build the command in the chosen language."""

    @shared_options("counsel")
    @engine_options
    @click.command(
        "ask",
        help=text(
            "SENTENCE에 주제와 응답으로 답합니다. SENTENCE가 없으면 표준 입력에서 한 줄에 한 문장씩 읽어 "
            "줄마다 한 줄로 답합니다.",
            "Answer SENTENCE with a topic and a reply. Without it, read one sentence a line from standard "
            "input and answer each line with one line.",
        ),
    )
    @click.argument("sentence", nargs=-1)
    @click.option(
        "--json",
        "as_json",
        is_flag=True,
        help=text("한 답을 JSON 객체 하나로 적습니다.", "One JSON object an answer."),
    )
    def ask(**options: Any) -> None:
        _ask(**options)

    return ask


def _ask(
    sentence: tuple[str, ...], model: Path | None, as_json: bool, seed: int | None, **options: Any
) -> None:
    given = take_sampling(options)
    if any("\ud800" <= character <= "\udfff" for character in "".join(sentence)):
        raise CounselError(
            text(
                "문장이 UTF-8이 아닙니다. 터미널의 인코딩을 확인하세요.",
                "The sentence is not UTF-8. Check the terminal.",
            )
        )
    if not sentence and sys.stdin and sys.stdin.isatty():
        click.echo(
            text("한 줄에 한 문장씩 적으세요. 끝내려면 Ctrl+D.", "Write one sentence a line. Ctrl+D ends."),
            err=True,
        )
    from engine import Engine

    with Engine.load(model) as engine:
        sampling = replace(engine.default_sampling, **given)
        for question in [" ".join(sentence)] if sentence else _lines():
            reply = engine.reply(question, sampling=sampling, seed=seed)
            click.echo(_as_json(question, reply) if as_json else _as_text(reply))


def _lines() -> Iterator[str]:
    """Yield the lines of standard input as they come.

    Raises:
        CounselError: a line is not UTF-8.
    """
    for number, line in enumerate(sys.stdin.buffer if sys.stdin else (), start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise CounselError(
                text(
                    f"표준 입력, {number}번째 줄: UTF-8이 아닙니다. `iconv -f CP949 -t UTF-8`로 바꿔 넣으세요.",
                    f"standard input, line {number}: not UTF-8. Convert it, such as with "
                    "`iconv -f CP949 -t UTF-8`.",
                )
            ) from error


def _as_json(question: str, reply: "Reply") -> str:
    content = {
        "question": question,
        "topic": reply.topic,
        "topics": [
            {"label": topic.label, "probability": round(topic.probability, 6)}
            for topic in reply.topics.likeliest
        ],
        "text": reply.text,
        "crisis": None,
        "seed": reply.seed,
        "finish_reason": reply.finish_reason,
        "model": reply.model,
    }
    return json.dumps(content, ensure_ascii=False).translate(LINE_BREAKS)


def _as_text(reply: "Reply") -> str:
    return f"[{reply.topic}] {' '.join(reply.text.split())}"
