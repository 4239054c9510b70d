"""Command lines of the scripts: the module's docstring is the help, as it is written."""

from __future__ import annotations

import argparse


def described(text: str | None) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
