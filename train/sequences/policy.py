"""How utterances and replies are joined."""

from typing import Literal, get_args

Policy = Literal["own", "sample", "all", "first"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
