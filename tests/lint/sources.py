"""Finds first-party C++ files and blanks out their comments and literals. Shared by the checks beside it."""

import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED_FOLDERS = {"build", "node_modules", "__pycache__"}

_LEXEMES = re.compile(
    r"""//[^\n]*(?:\\\n[^\n]*)*        # line comment, perhaps continued
      | /\*.*?\*/                      # block comment
      | R"(?P<delimiter>[^\s()\\]{0,16})\(.*?\)(?P=delimiter)"  # raw string
      | "(?:\\.|[^"\\\n])*"            # string
      | (?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'  # character, but not a digit separator
    """,
    re.DOTALL | re.VERBOSE,
)


def files(root, suffixes=(".cc", ".h")):
    """First-party files under `root` with one of `suffixes`, as sorted paths relative to it."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith("."))
        found += [pathlib.Path(folder, name).relative_to(root) for name in names if name.endswith(suffixes)]
    return sorted(found)


def read(path):
    return path.read_text(encoding="utf-8")


def is_test(path):
    """Whether a relative path is test code: in tests/, in a testing/ folder, or named *_test."""
    return path.parts[0] == "tests" or "testing" in path.parts or path.stem.endswith("_test")


def code_only(text):
    """`text` with comments, strings and characters replaced by blanks; line numbers and columns stay."""

    def blank(match):
        lexeme = match.group(0)
        blanks = re.sub(r"[^\n]", " ", lexeme)
        if lexeme[0] in "\"'" and len(lexeme) > 1:  # keep the quotes: the reader still sees that a literal is there
            return lexeme[0] + blanks[1:-1] + lexeme[-1]
        return blanks

    return _LEXEMES.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def report(problems):
    """Prints problems and returns the exit code."""
    for problem in problems:
        print(problem)
    return 1 if problems else 0
