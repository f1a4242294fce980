"""The only place that knows where files of ours lie on a person's machine."""

from pathlib import Path

from platformdirs import user_cache_path


def graph_cache() -> Path:
    """Return the folder of graphs that were built from weights; all of it can be built again."""
    return user_cache_path("counsel") / "graphs"


def hashes() -> Path:
    """Return the folder of hashes of files that have not changed; all of them can be computed again."""
    return user_cache_path("counsel") / "hashes"
