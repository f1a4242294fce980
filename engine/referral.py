"""What is said instead of a sampled reply when someone is in danger: a calm text, and phone lines."""

from dataclasses import dataclass
from typing import Literal

from engine.language import text
from engine.lines import Line, load_lines
from engine.safety import Crisis, Level

Reason = Literal["crisis", "care", "unsure", "withheld"]


@dataclass(frozen=True)
class Scripted:
    """An answer that no model wrote.

    Attributes:
        text: what is said.
        reason: a crisis; care after one; an utterance whose topic is unclear; a reply that was withheld.
        crisis: that the answer is about, if any.
        lines: to show with it, in the order in which to call them.
    """

    text: str
    reason: Reason
    crisis: Crisis | None = None
    lines: tuple[Line, ...] = ()


def refer(crisis: Crisis) -> Scripted:
    """Return the referral for a crisis."""
    words = f"{_seen(crisis)} {_now(crisis)}"
    return Scripted(words, "crisis", crisis, load_lines().choose(crisis))


def _seen(crisis: Crisis) -> str:
    """Say that it was heard."""
    match crisis.kind:
        case "violence":
            return text(
                "무섭고 힘든 일을 겪고 계시는군요. 맞아도 되는 사람은 없고, 당신 잘못이 아니에요.",
                "What you are going through is frightening. Nobody deserves to be hurt, and it is not your fault.",
            )
        case "harm-to-others":
            return text(
                "누군가를 해칠 것 같을 만큼 마음이 끓고 있군요. 그 말을 꺼내 주셔서 다행이에요.",
                "You are so wrought up that someone may get hurt. It is good that you said so.",
            )
        case "psychosis":
            return text(
                "무섭고 혼란스러우시겠어요. 그 목소리나 느낌이 시키는 대로 하지 않으셔도 돼요.",
                "That must be frightening. You do not have to do what the voice or the feeling tells you.",
            )
        case "third-person":
            return text(
                "그 사람이 걱정되어 많이 놀라셨겠어요. 혼자 책임지지 않으셔도 돼요.",
                "You are worried about someone, and that is a lot to carry. You need not carry it alone.",
            )
        case "self-harm":
            return text(
                "스스로를 다치게 할 만큼 마음이 아프셨군요. 말해 주셔서 고마워요.",
                "You hurt so much that you hurt yourself. Thank you for saying so.",
            )
        case _:
            return text(
                "그만큼 견디기 힘드셨군요. 말해 주셔서 고마워요.",
                "It has become that hard to bear. Thank you for saying so.",
            )


def _now(crisis: Crisis) -> str:
    """Say what to do now."""
    if crisis.kind == "violence":
        return (
            text(
                "지금 위험하면 안전한 곳으로 옮겨 112에 전화하세요. 말하기 어려우면 문자로 보내도 돼요. "
                "급하지 않아도 아래 전화에서 사람이 들어 줍니다.",
                "If you are in danger now, get to a safe place and call 112; a text message works too. "
                "If it can wait, a person listens at the numbers below.",
            )
            + _program()
        )
    if crisis.kind == "third-person":
        if crisis.is_acute:
            return (
                text(
                    "지금 119나 112에 전화해 어디에 있는지 알려 주세요. 할 수 있으면 곁에 있어 주시고, "
                    "109는 어떻게 할지 함께 생각해 줍니다.",
                    "Call 119 or 112 now and tell them where that person is. Stay near if you can; 109 helps you "
                    "think what to do.",
                )
                + _program()
            )
        return (
            text(
                "죽고 싶은지 차분히 물어보고 들어 주는 것이 도움이 돼요. 어떻게 할지 109와 함께 생각해 보세요.",
                "It helps to ask calmly whether they think of dying, and to listen. 109 helps you think what to do.",
            )
            + _program()
        )
    if crisis.kind == "harm-to-others":
        return (
            text(
                "지금 그 자리를 벗어나고, 손에 든 것이 있으면 내려놓아 주세요. 누가 다칠 것 같으면 112에, "
                "마음을 가라앉히고 싶으면 아래 번호에 전화하세요.",
                "Step away now, and put down what you hold. If someone may get hurt, call 112; to calm down, call "
                "one of the numbers below.",
            )
            + _program()
        )
    return (text(*_ALONE[crisis.level])) + _program()


_ALONE: dict[Level, tuple[str, str]] = {
    "passive": (
        "그 마음을 사람에게 말해 보세요. 109에서 밤에도 사람이 들어 줍니다.",
        "Tell a person about it. At 109 someone listens, at night too.",
    ),
    "active": (
        "지금 혼자 있지 말고, 믿는 사람이나 109에 그 마음을 말해 주세요. 밤에도 사람이 받습니다.",
        "Do not stay alone with it: tell someone you trust, or call 109. A person answers, at night too.",
    ),
    "plan": (
        "지금 혼자 있지 마세요. 해칠 수 있는 것에서 떨어져 믿는 사람 곁으로 가고, 119나 109에 바로 전화해 주세요.",
        "Do not stay alone now. Move away from what could hurt you, go to someone you trust, and call 119 or "
        "109 at once.",
    ),
    "attempt": (
        "지금 바로 119에 전화하세요. 안전한 곳으로 물러나 앉고, 문을 열어 두고, 곁에 올 사람을 부르세요.",
        "Call 119 right now. Step back to a safe place, leave the door unlocked, and call someone to come to you.",
    ),
}  # fmt: skip


def _program() -> str:
    return " " + text(
        "저는 프로그램이라 대신 전화해 드릴 수 없어요.", "I am a program and cannot call for you."
    )
