"""What `counsel doctor` finds, one line a part."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from engine.language import text

Status = Literal["ok", "warning", "failure"]


class Check(NamedTuple):
    """What was found in one part of a model or of the machine.

    Attributes:
        status: a warning is no obstacle, a failure is.
        name: of the part.
        detail: one line; of what is not well, with the remedy.
        figures: what JSON tells besides.
    """

    status: Status
    name: str
    detail: str
    figures: Mapping[str, Any] = {}

    @property
    def line(self) -> str:
        """The line, in the chosen language."""
        word = {
            "ok": text("정상", "ok     "),
            "warning": text("주의", "warning"),
            "failure": text("고장", "failure"),
        }[self.status]
        return f"{word}  {_titles()[self.name]}: {self.detail}"

    @property
    def entry(self) -> dict[str, Any]:
        """The same for programs."""
        return {"name": self.name, "status": self.status, "detail": self.detail, **self.figures}


def _titles() -> Mapping[str, str]:
    return {
        # of a model
        "files": text("파일", "files"),
        "tokens": text("특수 토큰", "special tokens"),
        "labels": text("라벨", "labels"),
        "responses": text("알려진 응답", "known replies"),
        "threads": text("스레드", "threads"),
        "graph": text("그래프", "graph"),
        "reply": text("시험 답", "test reply"),
        "quantization": text("양자화", "quantization"),
        # of the machine
        "python": "Python",
        "packages": text("패키지", "packages"),
        "terminal": text("터미널", "terminal"),
        "colours": text("색", "colours"),
        "korean": text("한글의 폭", "width of Korean"),
        "ambiguous": text("모호한 글자의 폭", "width of ambiguous characters"),
        "kitty": text("Kitty 키보드", "Kitty keyboard"),
        "clipboard": text("클립보드", "clipboard"),
        "folders": text("폴더", "folders"),
        "settings": text("설정", "settings"),
        "model": text("모델", "model"),
        "speed": text("빠르기", "speed"),
    }
