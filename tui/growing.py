"""An answer on its way: pure state, from the moment that something was said to the last token."""

from dataclasses import dataclass
from typing import Literal

from engine.language import text

State = Literal["loading", "waiting", "reading", "answering"]


@dataclass
class Growing:
    """What is known of an answer so far.

    Attributes:
        state: the model is being loaded, an earlier question is answered first, the model reads, or it answers.
        title: the topic, once it is known.
        text: what was sampled so far.
    """

    state: State
    title: str = ""
    text: str = ""

    @property
    def shown(self) -> str:
        """What stands in the answer's place."""
        return self.text or says(self.state)


def says(state: State) -> str:
    """Return what is happening, for a person who waits."""
    match state:
        case "loading":
            return text("모델을 불러오는 중입니다…", "Loading the model…")
        case "waiting":
            return text("다음에 답합니다 · ↑로 거두기", "Answered next · ↑ takes it back")
        case "reading":
            return text("읽는 중…", "Reading…")
        case "answering":
            return text("답하는 중…", "Answering…")
