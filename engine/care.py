"""The conversation after a crisis: pure state, and what is said until it is over."""

from dataclasses import dataclass, replace
from typing import Self

from engine.crisis_text import readings
from engine.language import text
from engine.safety import LEVELS, Crisis

PLAIN_UTTERANCES = 3  # that follow a crisis before the model is asked again
# A denial is no plain utterance: it neither closes the panel nor brings the model back sooner.
_DENIALS = (
    "농담", "장난", "뻥이", "아니야", "아니에요", "아닌데", "신경쓰지", "괜찮아", "괜찮아요", "괜찮습니다", "잊어", "못들은", "없던일", "취소",
    "그냥해본", "해본말", "헛소리", "진심아니", "오해", "kidding", "joke", "joking", "nevermind", "didn't mean", "just saying",
)  # fmt: skip
_SHORT = 40  # letters; a longer one says more than that it was nothing


def is_denial(said: str) -> bool:
    """Return whether an utterance only takes back what was said before."""
    plain = readings(said)[0].replace(" ", "").replace("|", "")
    return len(plain) <= _SHORT and any(word.replace(" ", "").replace("'", "") in plain for word in _DENIALS)


@dataclass(frozen=True)
class Care:
    """What was heard in this session.

    Attributes:
        crisis: the gravest one; the panel shows its lines for the rest of the session.
        plain: utterances in a row since the last crisis that were neither crisis nor denial.
        said: how many scripted answers were given since, so that they differ.
    """

    crisis: Crisis | None = None
    plain: int = 0
    said: int = 0

    @property
    def is_active(self) -> bool:
        """Whether replies are scripted, not sampled."""
        return self.crisis is not None and self.plain < PLAIN_UTTERANCES

    def after(self, said: str, crisis: Crisis | None) -> Self:
        """Return the state after an utterance.

        Args:
            said: the utterance.
            crisis: that it tells of.
        """
        if crisis is not None:
            graver = self.crisis is None or LEVELS.index(crisis.level) >= LEVELS.index(self.crisis.level)
            return replace(self, crisis=crisis if graver else self.crisis, plain=0)
        if not self.is_active:
            return self
        return replace(self, plain=self.plain if is_denial(said) else self.plain + 1, said=self.said + 1)

    def words(self, said: str) -> str:
        """Return a scripted answer to an utterance that is no crisis itself."""
        if is_denial(said):
            return text(
                "그렇다면 다행이에요. 그래도 방금 하신 말은 가볍게 듣지 않을게요. 번호는 여기 그대로 둘게요. "
                "지금 마음이 어떤지 한 번 더 말해 줄래요?",
                "I am glad if so. Still, I do not take what you said lightly, and the numbers stay here. Will you "
                "tell me once more how you are now?",
            )
        answers = (
            (
                "듣고 있어요. 지금 곁에 있어 줄 사람이 있나요? 있다면 그 사람에게 지금 마음을 말해 주세요.",
                "I am listening. Is there someone who can be with you now? If so, tell them how you feel.",
            ),
            (
                "말해 줘서 고마워요. 저는 프로그램이라 한계가 있어요. 위의 번호에서는 사람이 들어 줍니다.",
                "Thank you for telling me. I am a program, with limits. At the numbers shown, a person listens.",
            ),
            (
                "그랬군요. 오늘 밤을 안전하게 지내는 것이 먼저예요. 혼자 있지 않을 방법을 하나만 떠올려 볼래요?",
                "I see. Getting through tonight safely comes first. Can you think of one way not to be alone?",
            ),
        )
        return text(*answers[self.said % len(answers)])
