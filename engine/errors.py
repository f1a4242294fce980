"""What can go wrong for a person, said in one line: the thing, the place, the remedy."""


class CounselError(Exception):
    """A failure that its reader can mend. The message is one line and names the thing and the remedy."""


class ModelError(CounselError):
    """A model directory that cannot be used as it is."""


class BusyError(CounselError):
    """A second generation was asked of an engine while the first one still runs."""
