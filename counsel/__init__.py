"""The commands: `counsel ask`, `counsel chat`, `counsel train`. Each is loaded only when it is called."""

__version__ = "0.1.0"
