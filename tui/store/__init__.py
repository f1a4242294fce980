"""Conversations that a person asked to be kept, in an SQLite file on their machine. Knows no screens."""

from tui.store.errors import (
    CollisionError,
    DamagedError,
    GoneError,
    PassphraseError,
    StoreError,
    WipedError,
)
from tui.store.keeper import Keeper
from tui.store.sessions import Found, Session, Store

__all__ = [
    "CollisionError",
    "DamagedError",
    "Found",
    "GoneError",
    "Keeper",
    "PassphraseError",
    "Session",
    "Store",
    "StoreError",
    "WipedError",
]
