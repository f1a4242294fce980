"""From a sentence to a topic and a reply, in this process and without TensorFlow.

Names are imported when they are first used, so that a command that only shows its help stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.errors import BusyError, CounselError, ModelError
    from engine.events import Event, Reply, Timings, Token, Topic, Topics
    from engine.sampling import PARAMETERS, Parameter, Sampling

_MODULES = {
    "engine.engine": ("Engine",),
    "engine.errors": ("BusyError", "CounselError", "ModelError"),
    "engine.events": ("Event", "Reply", "Timings", "Token", "Topic", "Topics"),
    "engine.sampling": ("PARAMETERS", "Parameter", "Sampling"),
}

__all__ = [
    "PARAMETERS",
    "BusyError",
    "CounselError",
    "Engine",
    "Event",
    "ModelError",
    "Parameter",
    "Reply",
    "Sampling",
    "Timings",
    "Token",
    "Topic",
    "Topics",
]


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'engine' has no attribute {name!r}")
