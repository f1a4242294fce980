"""The commands of the plain conversation: what a line that begins with a slash asks for. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from unicodedata import normalize

from engine.errors import CounselError
from engine.language import text

SIGN = "/"


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        name: as it is typed, in English.
        korean: the same in Korean; both are understood in both languages.
        ko_argument, en_argument: what may follow it.
        ko, en: what it does.
    """

    name: str
    korean: str
    ko_argument: str
    en_argument: str
    ko: str
    en: str

    @property
    def help(self) -> str:
        """One line about it, in the chosen language."""
        usage = text(f"{SIGN}{self.korean} {self.ko_argument}", f"{SIGN}{self.name} {self.en_argument}")
        other = text(SIGN + self.name, SIGN + self.korean)
        return f"{usage.strip()} ({other}): {text(self.ko, self.en)}"


COMMANDS = (
    Command(
        "topic", "주제", "[이름]", "[LABEL]",
        "마지막 말에 이 주제로 다시 답합니다. 이름이 없으면 모든 주제를 읽어 줍니다.",
        "Answer the last utterance again under this topic. Without a label: read all topics.",
    ),
    Command(
        "set", "설정", "[이름 값]", "[NAME VALUE]",
        "샘플링과 기억의 값을 바꿉니다. 예: temperature 0.7. 이름이 없으면 지금 값을 읽어 줍니다.",
        "Change a value of the sampling or the memory, such as temperature 0.7. Without a name: read the values.",
    ),
    Command(
        "again", "다시", "", "",
        "마지막 말에 다른 답을 합니다.",
        "Answer the last utterance once more.",
    ),
    Command(
        "new", "새로", "", "",
        "앞의 말을 잊고 새로 시작합니다.",
        "Forget what was said and begin anew.",
    ),
    Command(
        "lines", "전화", "", "",
        "사람이 받는 전화번호를 읽어 줍니다.",
        "Read the phone lines where a person answers.",
    ),
    Command(
        "breathe", "숨", "[4-7-8|box|5-4-3-2-1]", "[4-7-8|box|5-4-3-2-1]",
        "숨을 고르거나 감각을 따라가며 쉽니다. Ctrl+C로 그만둡니다.",
        "Guided breathing, or one sense after the other. Ctrl+C ends it.",
    ),
    Command(
        "keep", "보관", "[끄기|지우기]", "[off|delete]",
        "이 대화를 처음부터 이 컴퓨터에 보관합니다. 끄기는 그만두고, 지우기는 보관한 이 대화를 지웁니다.",
        "Keep this conversation on this machine, from its beginning. off stops that, delete also deletes it.",
    ),
    Command("help", "도움", "", "", "이 도움말을 읽어 줍니다.", "Read this help."),
    Command("quit", "끝", "", "", "끝냅니다.", "Leave."),
)  # fmt: skip


def parse(line: str) -> tuple[Command, str]:
    """Return the command that a line names, and what follows it.

    Args:
        line: that begins with a slash.

    Raises:
        CounselError: there is no such command; the message names the nearest one.
    """
    word, _, rest = line.removeprefix(SIGN).partition(" ")
    by_name = {name: command for command in COMMANDS for name in (command.name, command.korean)}
    if command := by_name.get(word.lower()):
        return command, rest.strip()
    near = nearest(word, by_name)
    guess = text(f" {SIGN}{near}인가요?", f" Did you mean {SIGN}{near}?") if near else ""
    raise CounselError(
        text(
            f"{SIGN}{word}: 없는 명령입니다.{guess} 모두 들으려면 {SIGN}도움.",
            f"{SIGN}{word}: no such command.{guess} {SIGN}help reads all of them.",
        )
    )


def is_goodbye(line: str) -> bool:
    """Return whether a line asks to leave, whatever follows."""
    return line.removeprefix(SIGN).partition(" ")[0].lower() in ("quit", "끝")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like one, letter by letter also within Korean syllables; None if none is."""
    by_letters = {normalize("NFD", name): name for name in known}
    found = get_close_matches(normalize("NFD", word.lower()), by_letters, n=1)
    return by_letters[found[0]] if found else None


def find_topic(wanted: str, labels: Iterable[str]) -> str:
    """Return the label that is meant by a word: the whole of it, or a part that no other label has.

    Raises:
        CounselError: none or several are meant; the message names what is near.
    """
    labels = list(labels)
    if wanted in labels:
        return wanted
    meant = [label for label in labels if wanted in label]
    if len(meant) == 1:
        return meant[0]
    shortest_last = sorted(
        labels, key=len, reverse=True
    )  # where a part stands in several, the last one is named
    by_part = {part: label for label in shortest_last for part in (label, *label.split("/"))}
    near = nearest(wanted, by_part)
    suggested = meant or ([by_part[near]] if near else [])
    guess = text(f" 혹시: {', '.join(suggested)}.", f" Perhaps: {', '.join(suggested)}.") if suggested else ""
    raise CounselError(
        text(
            f"'{wanted}': 그런 주제가 하나로 정해지지 않습니다.{guess} {SIGN}주제를 치면 모두 읽어 줍니다.",
            f"'{wanted}': names no single topic.{guess} {SIGN}topic reads all of them.",
        )
    )
