"""`counsel ask "문장"`: a topic and a reply on standard output, as text or as JSON."""

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from counsel.console import shared_options
from counsel.options import engine_options, take_loading, take_sampling
from counsel.standard_input import lines
from engine import Reply
from engine.characters import normalize
from engine.errors import CounselError
from engine.language import text
from engine.referral import Scripted
from engine.reply_check import objection, withheld

if TYPE_CHECKING:
    from engine import Engine
    from engine.companion import Companion
    from engine.events import Problem

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
    @click.option(
        "--topic",
        metavar="LABEL",
        help=text(
            "이 주제로 답합니다. 기본값은 가장 그럴듯한 주제.",
            "Answer under this topic. Default: the likeliest one.",
        ),
    )
    @click.option(
        "--alternatives",
        type=click.IntRange(1),
        default=1,
        metavar="K",
        help=text(
            "한 문장에 K개의 답을 한 줄씩 냅니다. 씨앗이 하나씩 커집니다.",
            "K replies to a sentence, one a line, each with the next seed.",
        ),
    )
    @click.option(
        "--free",
        is_flag=True,
        help=text(
            "공개된 원본처럼 주제도 뽑고 아무 토큰이나 허락합니다. 빠진 것은 문제로 알립니다.",
            "Decode as the published original does: the topic is sampled too, and any token may come. "
            "What is missing is told.",
        ),
    )
    @click.option(
        "--conversation",
        "as_conversation",
        is_flag=True,
        help=text(
            "표준 입력의 줄들을 한 대화로 읽습니다. 답이 여럿이면 첫째 답으로 이어 갑니다. 기본값은 줄마다 따로.",
            "The lines of standard input are turns of one conversation; of several replies, it goes on with the "
            "first. Default: each by itself.",
        ),
    )
    def ask(**options: Any) -> None:
        _ask(**options)

    return ask


def _ask(
    sentence: tuple[str, ...],
    as_json: bool,
    topic: str | None,
    alternatives: int,
    free: bool,
    as_conversation: bool,
    **options: Any,
) -> None:
    given = take_sampling(options)
    _check(sentence, topic, free, as_conversation)
    if not sentence and sys.stdin and sys.stdin.isatty():
        click.echo(
            text("한 줄에 한 문장씩 적으세요. 끝내려면 Ctrl+D.", "Write one sentence a line. Ctrl+D ends."),
            err=True,
        )
    from engine import Conversation
    from engine.companion import Companion

    conversation = Conversation() if as_conversation else None
    companion = Companion()
    with ExitStack() as stack:
        engine: Engine | None = None
        for question in [" ".join(sentence)] if sentence else lines():
            if conversation is None:
                companion = Companion()  # each line by itself
            answers: Sequence[Reply | Scripted]
            heard = companion.hear(question)
            if heard is not None:
                answers = [heard]
            else:
                engine = engine or _load(stack, options)
                answers = _answers(
                    companion,
                    engine,
                    question,
                    alternatives,
                    topic=topic,
                    sampling=replace(engine.default_sampling, **given),
                    conversation=conversation,
                    constrain=not free,
                )
            for answer in answers:
                click.echo(_as_json(question, answer) if as_json else _as_text(answer, apart=bool(sentence)))
            first = answers[0]
            if conversation is not None and isinstance(first, Reply) and first.text:
                conversation = conversation.after(first)


def _load(stack: ExitStack, options: dict[str, Any]) -> "Engine":
    """Load the engine when the first sentence needs it: someone in danger does not wait for it."""
    from engine import Engine

    return stack.enter_context(Engine.load(**take_loading(options)))


def _answers(
    companion: "Companion", engine: "Engine", question: str, count: int, **options: Any
) -> Sequence[Reply | Scripted]:
    """Return the replies to a question, or what is said instead."""
    answer: Reply | Scripted | None = None
    for event in companion.answer(engine, question, **options):
        if isinstance(event, Reply | Scripted):
            answer = event
    assert answer is not None
    if isinstance(answer, Scripted) or count == 1:
        return [answer]
    replies = engine.alternatives(question, count, seed=answer.seed, **options)
    return [withheld() if objection(reply.text) else reply for reply in replies]


def _check(sentence: tuple[str, ...], topic: str | None, free: bool, as_conversation: bool) -> None:
    if any("\ud800" <= character <= "\udfff" for character in "".join(sentence)):
        raise CounselError(
            text(
                "문장이 UTF-8이 아닙니다. 터미널의 인코딩을 확인하세요.",
                "The sentence is not UTF-8. Check the terminal.",
            )
        )
    if sentence and as_conversation:
        raise CounselError(
            text(
                "--conversation은 표준 입력의 줄들을 읽습니다. SENTENCE 없이 쓰세요.",
                "--conversation reads lines of standard input. Use it without SENTENCE.",
            )
        )
    if free and topic is not None:
        raise CounselError(
            text(
                "--free에서는 모델이 주제도 스스로 적습니다. --topic과 --free 가운데 하나만 쓰세요.",
                "With --free the model writes the topic itself. Use one of --topic and --free.",
            )
        )


def _as_json(question: str, reply: Reply | Scripted) -> str:
    if isinstance(reply, Scripted):
        return _dump(_scripted(question, reply))
    content: dict[str, Any] = {
        "question": question,
        "topic": reply.topic,
        "topics": [
            {"label": topic.label, "probability": round(topic.probability, 6)}
            for topic in reply.topics.likeliest
        ],
        # A free decoding weighs no labels against each other.
        "entropy": round(reply.topics.entropy, 6) if reply.constrained else None,
        "text": reply.text,
        "crisis": None,
        "seed": reply.seed,
        "turns": reply.turns,
        "finish_reason": reply.finish_reason,
        "model": reply.model,
    }
    if not reply.constrained:
        content["problems"] = reply.problems
    return _dump(content)


def _dump(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False).translate(LINE_BREAKS)


def _scripted(question: str, answer: Scripted) -> dict[str, Any]:
    """Return the same keys as for a reply, for an answer that no model wrote."""
    crisis = answer.crisis and {
        "level": answer.crisis.level,
        "kind": answer.crisis.kind,
        "lines": [
            {"number": line.number, "name": text(*line.name), "hours": text(*line.hours)}
            for line in answer.lines
        ],
    }
    return {
        "question": question,
        "topic": None,
        "topics": [],
        "entropy": None,
        "text": answer.text,
        "crisis": crisis,
        "seed": None,
        "turns": 0,
        "finish_reason": answer.reason,
        "model": None,
    }


def _as_text(reply: Reply | Scripted, apart: bool) -> str:
    """Return an answer in one line, or with each phone line on its own if it stands apart."""
    if isinstance(reply, Scripted):
        return ("\n" if apart else " / ").join([reply.text, *(line.summary for line in reply.lines)])
    problems = f" ({', '.join(map(_named, reply.problems))})" if reply.problems else ""
    return f"[{normalize(reply.topic)}] {normalize(reply.text)}{problems}"


def _named(problem: "Problem") -> str:
    match problem:
        case "no label":
            return text("주제 없음", problem)
        case "unknown label":
            return text("모르는 주제", problem)
        case "no response":
            return text("응답 없음", problem)
        case "not closed":
            return text("닫히지 않음", problem)
