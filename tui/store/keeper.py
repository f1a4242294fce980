"""Keeps one conversation up to date: writes what is not written yet, whatever happened before."""

from collections.abc import Iterable

from tui.store.errors import CollisionError, DamagedError
from tui.store.sessions import Store
from tui.transcript import Exchange


class Keeper:
    """What is written of a conversation, and what not yet.

    Nothing is lost when a write fails, as on a full disk: the next one writes what is missing.

    Example:
        keeper = Keeper(store)
        keeper.save(transcript.everything, transcript.keys[-1])

    Args:
        store: where it is kept.
        session: the number of a session that goes on; None for a new one.
        exchanges: what was read of that session.
    """

    def __init__(self, store: Store, session: int | None = None, exchanges: Iterable[Exchange] = ()) -> None:
        self.store = store
        self.session = session
        self._known = {exchange.key: exchange for exchange in exchanges}
        self._last: int | None = None

    def save(self, exchanges: Iterable[Exchange], last: int | None) -> None:
        """Write what is new or changed since the last time.

        A session that goes on in two windows becomes two. A damaged file is set aside, and the whole conversation is
        written into a new one.

        Args:
            exchanges: all of the conversation.
            last: the key of the last one of the branch that is shown.

        Raises:
            GoneError: the session was deleted in another window.
            StoreError: it cannot be written now.
        """
        everything = {exchange.key: exchange for exchange in exchanges}
        if last not in everything:  # it was taken back this moment
            last = None
        changed = [each for each in everything.values() if self._known.get(each.key) is not each]
        if not changed and last == self._last and self._known.keys() == everything.keys():
            return
        if self.session is None:
            if not everything:
                return
            self.session = self.store.begin(changed[0].at)
        try:
            self.store.write(self.session, changed, self._known, everything, last)
        except DamagedError:
            self.store.begin_anew()
            self._write_anew(everything, last)
        except CollisionError:
            self._write_anew(everything, last)
        self._known, self._last = everything, last

    def forget(self) -> None:
        """Delete what was kept of the conversation; it can be kept anew."""
        session, self.session = self.session, None
        self._known, self._last = {}, None
        if session is not None:
            self.store.delete(session)

    def _write_anew(self, everything: dict[int, Exchange], last: int | None) -> None:
        self._known = {}
        first = next(iter(everything.values()))
        self.session = self.store.begin(first.at)
        self.store.write(self.session, list(everything.values()), {}, everything, last)
