"""Read a pickle without running it.

A pickle is a program for a small machine, and two of its instructions import and call whatever it names. The machine here
knows only the instructions that plain data needs, imports nothing, and calls nothing but the few functions that it is
given under the names that a pickle may use for them. Python's own `pickle.Unpickler`, restricted by `find_class`, would
do so too, but sets gigabytes aside for one damaged number and follows tuples nested a thousandfold.
"""

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from train.weights.stored import shown

_VALUES = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINSTRING", "SHORT_BINSTRING"),
}
_MADE: Mapping[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
}


class ForbiddenError(ValueError):
    """A pickle names something that no data needs.

    Attributes:
        name: as "os.system".
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = shown(name)


@dataclass(frozen=True)
class Name:
    """A name that stands in a pickle and is not followed, as "torch.FloatStorage"."""

    full: str


@dataclass(frozen=True)
class Machine:
    """Reads pickles.

    Attributes:
        calls: what is done for each function that a pickle may call, by its full name.
        names: other full names that may stand in it, as arguments.
        find: returns what a persistent id stands for.
    """

    calls: Mapping[str, Callable[..., Any]]
    names: frozenset[str]
    find: Callable[[Any], Any]

    def read(self, stream: BinaryIO) -> Any:
        """Read one pickle and leave the stream behind it.

        Raises:
            ForbiddenError: it holds another name.
            Exception: it is damaged, or no plain data; any that operations on lists and dictionaries raise.
        """
        stack: list[Any] = []
        marks: list[int] = []
        memo: dict[int, Any] = {}

        def since_mark() -> list[Any]:
            start = marks.pop()
            values = stack[start:]
            del stack[start:]
            return values

        argument: Any
        for opcode, argument, _ in pickletools.genops(stream):
            match opcode.name:
                case "PROTO" | "FRAME":
                    pass
                case "STOP":
                    break
                case "MARK":
                    marks.append(len(stack))
                case "BINPUT" | "LONG_BINPUT" | "MEMOIZE":
                    memo[len(memo) if argument is None else argument] = stack[-1]
                case "BINGET" | "LONG_BINGET":
                    stack.append(memo[argument])
                case name if name in _VALUES:
                    stack.append(argument)
                case name if name in _MADE:
                    stack.append(_MADE[name]())
                case "TUPLE":
                    stack.append(tuple(since_mark()))
                case "TUPLE1" | "TUPLE2" | "TUPLE3" as name:
                    count = int(name[-1])
                    stack[-count:] = [tuple(stack[-count:])]
                case "APPEND" | "APPENDS" as name:
                    values = since_mark() if name == "APPENDS" else [stack.pop()]
                    _extend(stack[-1], values)
                case "SETITEM" | "SETITEMS" as name:
                    values = since_mark() if name == "SETITEMS" else [stack.pop(-2), stack.pop()]
                    _update(stack[-1], values)
                case "GLOBAL" | "INST":
                    stack.append(self._named(argument.replace(" ", ".")))
                case "STACK_GLOBAL":
                    stack.append(self._named(f"{stack.pop(-2):.99}.{stack.pop():.99}"))
                case "REDUCE":
                    stack.append(self._call(stack.pop(-2), stack.pop()))
                case "BUILD":
                    stack.pop()  # attributes of the object below, as `_metadata` of a state dict; none is needed
                case "BINPERSID":
                    stack.append(self.find(stack.pop()))
                case name:
                    raise ValueError(f"instruction {name}")
        (result,) = stack
        return result

    def _named(self, full: str) -> Name:
        if full not in self.calls and full not in self.names:
            raise ForbiddenError(full)
        return Name(full)

    def _call(self, function: Any, arguments: Any) -> Any:
        if not isinstance(function, Name) or type(arguments) is not tuple:
            raise TypeError("no call")
        return self.calls[function.full](*arguments)


def _extend(target: Any, values: list[Any]) -> None:
    if type(target) is not list:
        raise TypeError("not a list")
    target += values


def _update(target: Any, keys_and_values: list[Any]) -> None:
    """Put keys and values, which alternate, into a dictionary."""
    keys = keys_and_values[::2]
    if type(target) is not dict or not all(type(key) in (str, int) for key in keys):
        raise TypeError("not a dictionary of names")
    target.update(zip(keys, keys_and_values[1::2], strict=True))
