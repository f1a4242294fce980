"""`counsel chat --plain`: the conversation as plain lines, for screen readers, pipes and dumb terminals.

What is read aloud is the question (if nobody typed it at a terminal), the topic and the reply; nothing else.
"""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from counsel.plain_commands import COMMANDS, SIGN, find_topic, is_goodbye, nearest, parse
from counsel.plain_exercises import lead
from counsel.plain_keeping import Keeping
from counsel.spoken import Speech
from engine import Conversation, Memory, Reply, Sampling, Token, Topics
from engine.characters import normalize
from engine.companion import Companion
from engine.conversation import MEMORY_PARAMETERS
from engine.errors import CounselError
from engine.language import text
from engine.lines import load_lines
from engine.parameters import number
from engine.referral import Scripted
from engine.safety import judge
from engine.sampling import PARAMETERS
from tui.transcript import Transcript, Variant

if TYPE_CHECKING:
    from engine import Engine

_PATIENCE = 1.5  # seconds in which nobody wonders whether something happens


class PlainChat:
    """One session.

    Args:
        load: gives the engine; called at once, in a thread.
        given: sampling parameters that the person chose on the command line.
        utterances: what is said, line by line.
        typed: whether the person types at a terminal, and so knows the question.
        by_words: whether a reply comes word by word; else by whole sentences.
        always_kept: whether the person wants every conversation to be kept.
        sleep: waits some seconds.
    """

    def __init__(
        self,
        load: "Callable[[], Engine]",
        given: Mapping[str, float],
        utterances: Iterator[str],
        *,
        typed: bool,
        by_words: bool = False,
        always_kept: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._loader = ThreadPoolExecutor(max_workers=1)
        self._engine = self._loader.submit(load)
        self._given = dict(given)
        self._memory = Memory()
        self._utterances = utterances
        self._typed = typed
        self._by_words = by_words
        self._sleep = sleep
        self._companion = Companion()
        self._transcript = Transcript()
        self._keeping = Keeping(self._transcript, _tell)
        self._always_kept = always_kept
        self._commands: Mapping[str, Callable[[str], None]] = {
            "topic": self._answer_under,
            "set": self._set,
            "again": self._answer_again,
            "new": lambda _: self._transcript.begin_anew(),
            "lines": lambda _: self._read_lines(),
            "breathe": self._breathe,
            "keep": self._keeping.switch,
            "help": lambda _: self._help(),
        }
        self.failed = False  # whether something could not be answered

    def run(self) -> None:
        """Hold the conversation until the input ends or the person leaves."""
        _tell(
            text(
                "counsel은 프로그램입니다. 상담사도 응급 서비스도 아니며, 틀린 말을 할 수 있습니다. 적은 말은 이 "
                "컴퓨터를 떠나지 않고, 보관을 켜지 않으면 저장되지 않습니다. 죽고 싶거나 위험할 때는 109나 119에 "
                f"전화하세요. 명령은 {SIGN}도움, 끝내기는 {SIGN}끝.",
                "counsel is a program, no counsellor and no emergency service; it can be wrong. What you write never "
                "leaves this machine and is not stored unless you ask for that. In danger, or when you think of "
                f"dying, call 109 or 119 (Korea). {SIGN}help reads the commands, {SIGN}quit leaves.",
            )
        )
        with self._loader, closing(self._keeping):
            if self._always_kept:
                self._try(lambda: self._keeping.switch(""))
            for line in self._utterances:
                said = normalize(line)
                # Even what looks like a command is heard, if someone in danger said it.
                is_command = said.startswith(SIGN) and not judge(said)
                if is_command and is_goodbye(said):
                    return
                if said:
                    self._try(partial(self._obey if is_command else self._hear, said))

    def _try(self, action: Callable[[], None]) -> None:
        """Do something; what goes wrong is told, and the conversation goes on."""
        try:
            action()
        except CounselError as error:
            _tell(text(f"오류: {error}", f"Error: {error}"))

    def _obey(self, line: str) -> None:
        command, argument = parse(line)
        self._commands[command.name](argument)

    def _hear(self, said: str) -> None:
        if not self._typed:
            click.echo(said)
        key = self._transcript.say(said).key
        self._answer(key, self._companion.hear(said))

    def _answer(self, key: int, scripted: Scripted | None, topic: str | None = None) -> None:
        if scripted is not None:
            self._say(key, scripted)
            return
        with _stopped_by_interrupt() as is_stopped:
            try:
                self._reply(self._loaded(), key, topic, is_stopped)
            except CounselError:
                self.failed = True
                raise

    def _loaded(self) -> "Engine":
        if self._typed and not wait([self._engine], timeout=_PATIENCE).done:
            _tell(text("모델을 불러오는 중입니다.", "Loading the model."))
        return self._engine.result()

    def _reply(self, engine: "Engine", key: int, topic: str | None, is_stopped: Callable[[], bool]) -> None:
        exchange = self._transcript[key]
        sampling = replace(engine.default_sampling, **self._given)  # type: ignore[arg-type]
        # A locked seed would give the same answer again.
        seed = (sampling.seed + len(exchange.variants)) % 2**32 if sampling.seed >= 0 else None
        speech = Speech(self._by_words)
        for event in self._companion.answer(
            engine,
            exchange.said,
            topic=topic,
            sampling=sampling,
            seed=seed,
            should_stop=is_stopped,
            conversation=Conversation(self._transcript.before(key), self._memory),
        ):
            match event:
                case Topics() if event.chosen:
                    click.echo(text("주제: ", "Topic: ") + normalize(event.chosen))
                case Token():
                    click.echo(speech.add(event.text), nl=False)
                case Reply():
                    stopped = text(" (멈춤)", " (stopped)") if event.finish_reason == "stopped" else ""
                    click.echo(speech.rest() + stopped)
                    self._transcript.answer(key, Variant(event.text, "reply", event, event.topic))
                case Scripted():
                    if speech.began:
                        click.echo()
                    self._say(key, event)

    def _say(self, key: int, scripted: Scripted) -> None:
        """Say what no model wrote, and its phone lines."""
        for line in (scripted.text, *(line.summary for line in scripted.lines)):
            click.echo(normalize(line))
        self._transcript.answer(key, Variant(scripted.text, "scripted"))

    @property
    def _last(self) -> int:
        if not self._transcript.keys:
            raise CounselError(
                text("아직 한 말이 없습니다. 먼저 말해 주세요.", "Nothing was said yet. Say something first.")
            )
        return self._transcript.keys[-1]

    def _answer_again(self, _: str, topic: str | None = None) -> None:
        key = self._last
        self._answer(key, self._companion.hear_again(self._transcript[key].said), topic)

    def _answer_under(self, wanted: str) -> None:
        labels = self._loaded().labels
        if wanted:
            self._answer_again("", find_topic(wanted, labels))
            return
        for label in labels:
            click.echo(label)

    def _set(self, argument: str) -> None:
        name, _, value = argument.partition(" ")
        if not name:
            sampling = replace(self._loaded().default_sampling, **self._given)  # type: ignore[arg-type]
            for known, current in (asdict(sampling) | asdict(self._memory)).items():
                click.echo(f"{known} {number(current)}")
            return
        parameters = {**PARAMETERS, **MEMORY_PARAMETERS}
        if name not in parameters:
            near = nearest(name, parameters)
            guess = text(f" {near}인가요?", f" Did you mean {near}?") if near else ""
            raise CounselError(text(f"{name}: 없는 이름입니다.{guess}", f"{name}: no such name.{guess}"))
        try:
            chosen: dict[str, Any] = {name: type(parameters[name].default)(value)}
        except ValueError as error:
            wanted = parameters[name].allowed
            raise CounselError(
                text(f"{name}: {wanted}의 수를 적으세요.", f"{name}: give a number from {wanted}.")
            ) from error
        if name in MEMORY_PARAMETERS:
            self._memory = replace(self._memory, **chosen)
        else:
            Sampling(**chosen)  # refuses what is out of range
            self._given |= chosen

    def _read_lines(self) -> None:
        lines = load_lines()
        for line in lines.all():
            click.echo(f"{line.summary} · {text(*line.whom)}")
        if lines.problem:
            _tell(lines.problem)

    def _breathe(self, which: str) -> None:
        danger = lead(which, click.echo, self._utterances, self._sleep)
        if danger is not None:
            self._hear(danger)

    def _help(self) -> None:
        for command in COMMANDS:
            click.echo(command.help)


def _tell(notice: str) -> None:
    """Say what is no part of the conversation."""
    click.echo(notice, err=True)


@contextmanager
def _stopped_by_interrupt() -> Iterator[Callable[[], bool]]:
    """Let Ctrl+C ask to stop, and end the program only if it comes again."""
    stopped = False

    def interrupt(*_: object) -> None:
        nonlocal stopped
        if stopped:
            raise KeyboardInterrupt
        stopped = True

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield lambda: stopped
    finally:
        signal.signal(signal.SIGINT, before)
