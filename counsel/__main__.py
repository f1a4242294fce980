"""`python -m counsel` is `counsel`."""

from counsel.cli import main

main()
