"""From a sentence to a topic and a reply, in this process and without TensorFlow.

Names are imported when they are first used, so that a command that only shows its help stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.conversation import MEMORY_PARAMETERS, Conversation, Memory, Turn
    from engine.engine import Engine
    from engine.errors import BusyError, CounselError, ModelError
    from engine.events import Candidate, Event, Reply, Timings, Token, Topic, Topics
    from engine.parameters import Parameter
    from engine.presets import PRESETS
    from engine.sampling import PARAMETERS, Sampling

_MODULES = {
    "engine.conversation": ("MEMORY_PARAMETERS", "Conversation", "Memory", "Turn"),
    "engine.engine": ("Engine",),
    "engine.errors": ("BusyError", "CounselError", "ModelError"),
    "engine.events": ("Candidate", "Event", "Reply", "Timings", "Token", "Topic", "Topics"),
    "engine.parameters": ("Parameter",),
    "engine.presets": ("PRESETS",),
    "engine.sampling": ("PARAMETERS", "Sampling"),
}

__all__ = [
    "MEMORY_PARAMETERS",
    "PARAMETERS",
    "PRESETS",
    "BusyError",
    "Candidate",
    "Conversation",
    "CounselError",
    "Engine",
    "Event",
    "Memory",
    "ModelError",
    "Parameter",
    "Reply",
    "Sampling",
    "Timings",
    "Token",
    "Topic",
    "Topics",
    "Turn",
]


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'engine' has no attribute {name!r}")
