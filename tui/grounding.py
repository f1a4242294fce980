"""The 5-4-3-2-1 grounding exercise: back to here and now by the five senses. Pure: its steps and words.

It is taught against anxiety and panic in many places, as by the University of Rochester Medical Center (Sara Smith,
"5-4-3-2-1 Coping Technique for Anxiety", 2018). It helps many people, and cures nothing.
"""

from dataclasses import dataclass

from engine.language import text

KEY = "5-4-3-2-1"


@dataclass(frozen=True)
class Step:
    """One sense.

    Attributes:
        count: how many things to notice.
        ko, en: what to do.
    """

    count: int
    ko: str
    en: str

    @property
    def words(self) -> str:
        """What to do, in the chosen language."""
        return text(self.ko, self.en)


STEPS = (
    Step(
        5,
        "눈에 보이는 것 다섯 가지를 찾아보세요. 벽의 얼룩처럼 사소한 것도 좋아요.",
        "Find five things that you can see. Small ones will do, such as a spot on the wall.",
    ),
    Step(
        4,
        "몸에 닿는 것 네 가지를 느껴 보세요. 옷, 의자, 발밑의 바닥처럼요.",
        "Feel four things that touch you: your clothes, the chair, the floor under your feet.",
    ),
    Step(
        3,
        "들리는 소리 세 가지에 귀를 기울여 보세요. 먼 소리도 좋아요.",
        "Listen for three sounds. Far ones count, too.",
    ),
    Step(
        2,
        "냄새 두 가지를 맡아 보세요. 없으면 좋아하는 냄새를 떠올려요.",
        "Notice two smells. If there are none, think of two that you like.",
    ),
    Step(
        1,
        "입안의 맛 한 가지를 느껴 보세요. 물 한 모금도 좋아요.",
        "Notice one taste. A sip of water will do.",
    ),
)


def name() -> str:
    """The exercise's name."""
    return text("5-4-3-2-1 감각", "5-4-3-2-1 senses")


def explained() -> str:
    """One sentence about it."""
    return text(
        "보이는 것부터 하나씩 알아차리며 지금 이 자리로 돌아와요.",
        "Come back to here and now, one sense after the other.",
    )


def ending() -> str:
    """What is said after the last step."""
    return text(
        "지금 여기에 계시네요. 천천히 해 주셔서 고마워요. 아직 불안해도 괜찮아요.",
        "Here you are. Thank you for taking the time. It is fine if you are still anxious.",
    )


def privacy() -> str:
    """What becomes of what is typed."""
    return text("적어도 되고 안 적어도 돼요. 어디에도 남지 않아요.", "Type or don't; nothing of it is kept.")
