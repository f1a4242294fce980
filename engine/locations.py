"""The only place that knows where files of ours lie on a person's machine."""

from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path, user_log_path


def graph_cache() -> Path:
    """Return the folder of graphs that were built from weights; all of it can be built again."""
    return user_cache_path("counsel") / "graphs"


def hashes() -> Path:
    """Return the folder of hashes of files that have not changed; all of them can be computed again."""
    return user_cache_path("counsel") / "hashes"


def own_lines() -> Path:
    """Return the file in which a person can write phone lines of their own, of another country for instance."""
    return user_config_path("counsel") / "lines.toml"


def settings() -> Path:
    """Return the file of what a person chose to be remembered."""
    return user_config_path("counsel") / "settings.toml"


def conversations() -> Path:
    """Return the folder of the conversations that a person asked to be kept."""
    return user_data_path("counsel") / "conversations"


def logs() -> Path:
    """Return the folder of logs, which are written only on request."""
    return user_log_path("counsel")


def models() -> Path:
    """Return the folder in which a person can put models of their own, a folder each, to choose them in the app."""
    return user_data_path("counsel") / "models"
