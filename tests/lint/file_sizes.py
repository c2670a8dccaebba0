#!/usr/bin/env python3
"""Keeps files and functions readable: refuses files over 800 lines (tests: 1000) and functions over 100, lists functions over 60.

usage: file_sizes.py [ROOT]
"""

import pathlib
import re
import sys

import sources

MAX_FILE = 800
MAX_TEST_FILE = 1000
MAX_FUNCTION = 100
LONG_FUNCTION = 60

SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b")
CONSTRUCTOR_INITIALISERS = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)")
NAME = re.compile(r"([~\w:]+|operator\s*[^\s\w]+)\s*\(")


def kind_of_brace(head, parent):
    """What a `{` opens, given the text since the last statement: scope, function, value or block."""
    head = head.strip()
    if parent not in ("scope", None):
        return "block"  # within a function or a value
    if "(" in head and not head.endswith(("=", "(", ",", "return")):
        if CONSTRUCTOR_INITIALISERS.search(head) and re.search(r"[\w>]$", head):
            return "value"  # member{...} in a constructor's list
        return "function"
    return "scope" if SCOPE.search(head) else "value"


def functions(text):
    """(line, name, lines) of each function body in `text`: a brace counter, not a parser."""
    code = re.sub(r"^[ \t]*#[^\n]*(?:\\\n[^\n]*)*", "", sources.code_only(text), flags=re.MULTILINE)
    found = []
    stack = []  # (kind, head, line)
    head = ""
    line = 1
    for character in code:
        if character == "\n":
            line += 1
        if character == "{":
            stack.append((kind_of_brace(head, stack[-1][0] if stack else None), head, line))
            head = ""
        elif character == "}" and stack:
            kind, opened_with, start = stack.pop()
            if kind == "function":
                first = start - opened_with.lstrip().count("\n")
                name = NAME.search(opened_with)
                found.append((first, name.group(1) if name else "?", line - first + 1))
            head = opened_with + "{}" if kind == "value" else ""
        elif character == ";":
            head = ""
        else:
            head += character
    return found


def check(root, notes):
    """Returns the problems; appends what is merely long to `notes`."""
    problems = []
    for file in sources.files(root, (".cc", ".h", ".py", ".js")):
        text = sources.read(root / file)
        lines = text.count("\n")
        limit = MAX_TEST_FILE if sources.is_test(file) else MAX_FILE
        if lines > limit:
            problems.append(f"{file}:1: {lines} lines, at most {limit}: split it by concept")
        if file.suffix not in (".cc", ".h"):
            continue
        for line, name, length in functions(text):
            if length > MAX_FUNCTION:
                problems.append(f"{file}:{line}: {name} has {length} lines, at most {MAX_FUNCTION}: split it")
            elif length > LONG_FUNCTION:
                notes.append(f"{file}:{line}: note: {name} has {length} lines; aim for {LONG_FUNCTION}")
    return problems


def main():
    notes = []
    problems = check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else sources.ROOT, notes)
    for note in notes:
        print(note)
    return sources.report(problems)


if __name__ == "__main__":
    sys.exit(main())
