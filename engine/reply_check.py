"""Whether a reply may be shown: what a program must never say is withheld, and something harmless said instead."""

from engine.crisis_rules import load_rules
from engine.crisis_text import readings
from engine.language import text
from engine.lines import load_lines
from engine.referral import Scripted
from engine.safety import Crisis

RULES_FILE = "replies.toml"
_LATEST = 300  # letters of a growing reply that are looked at


def objection(reply: str) -> str | None:
    """Return what a reply must not say (`method`, `dose`, `diagnosis`, `encouragement`, `insult`), or None."""
    rules = load_rules(RULES_FILE)
    for reading in readings(reply[-_LATEST:]):
        for rule in rules.matching(reading):
            return rule.kind
    return None


def withheld() -> Scripted:
    """Return what is said in the place of a reply that was withheld."""
    return Scripted(
        text(
            "방금 떠오른 답은 도움이 되지 않을 것 같아 보여 드리지 않았어요. 그 일이 지금 어떤 점에서 가장 힘든지 "
            "조금 더 들려주시겠어요?",
            "The answer that came up would not have helped, so I did not show it. Will you tell me more about "
            "what is hardest about it now?",
        ),
        "withheld",
    )


def unsure() -> Scripted:
    """Return the question that is asked when no topic is likely enough."""
    return Scripted(
        text(
            "제가 제대로 알아들었는지 잘 모르겠어요. 무슨 일이 있었는지, 그때 마음이 어땠는지 조금 더 들려주시겠어요?",
            "I am not sure that I understood. Will you tell me more: what happened, and how did it feel?",
        ),
        "unsure",
    )


def check_in() -> Scripted:
    """Return the question that is asked where the model leans towards a crisis and is not sure of one."""
    line = load_lines().choose(Crisis("active", "suicide", ""))[0]
    return Scripted(
        text(
            "많이 힘드신 것 같아 먼저 여쭤볼게요. 지금 안전하신가요? 죽고 싶거나 누가 다칠 것 같다면 "
            f"{line.number}({text(*line.name)})에서 사람이 들어 줍니다. 그런 일이 아니라면 어떤 일인지 조금 더 들려주세요.",
            "This sounds hard, so I ask first: are you safe? If you wish to die, or somebody may be hurt, a person listens "
            f"at {line.number} ({text(*line.name)}). If it is something else, tell me more.",
        ),
        "unsure",
    )
