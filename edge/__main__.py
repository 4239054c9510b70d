"""``python -m edge`` is ``camid``."""

from edge.cli import main

main()
