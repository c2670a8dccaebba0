#!/usr/bin/env python3
"""Runs clang-tidy, with Clang's thread-safety analysis, over the first-party units of a build folder.

The compile commands are GCC's; what Clang does not know is dropped, and GCC's precompiled headers are replaced by Clang's own.
A unit that passed is not checked again until it, a header that it includes, its flags or .clang-tidy change. Most of clang-tidy's
time goes into headers, so units with the same flags are checked in batches: one unit that includes many. Those whose names clash go
into different batches.

usage: clang_tidy.py [--build-dir DIR] [--no-cache] [FILE...]   (FILE: only these units, paths from the repository root)
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import sources

# RapidJSON's iterators compare ambiguously in C++20.
EXTRA_ARGUMENTS = ["-Wthread-safety", "-Wno-unknown-warning-option", "-Wno-ambiguous-reversed-operator"]
GCC_ONLY = re.compile(r"-fpch-preprocess|-Winvalid-pch|-Wno-restrict|-Wno-error=maybe-uninitialized|-fsanitize=.*|-g\d?")
DROPPED_WITH_VALUE = {"-MF", "-MT", "-MQ", "-o", "-c", "-include"}
BATCH = 32
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+["<]([^">\n]+)[">]', re.MULTILINE)


def clang_arguments(command):
    """The arguments of GCC's `command` that Clang needs, and the precompiled header that it names, or None."""
    words = shlex.split(command)
    compiler = next(i for i, word in enumerate(words) if re.fullmatch(r"(.*/)?(c\+\+|g\+\+|clang\+\+)(-\d+)?", word))
    arguments = []
    pch = None
    words = iter(words[compiler + 1 :])
    for word in words:
        if word in DROPPED_WITH_VALUE:
            value = next(words)
            if word == "-include" and value.endswith("cmake_pch.hxx"):
                pch = pathlib.Path(value)
        elif word not in ("-MD", "-MMD") and not GCC_ONLY.fullmatch(word):
            arguments.append(word)
    return arguments + EXTRA_ARGUMENTS, pch


class Unit:
    def __init__(self, file, arguments, pch):
        self.file = file
        self.arguments = arguments
        self.pch = pch


class Checker:
    def __init__(self, root, build, use_cache):
        self.root = root
        self.build = build
        self.cache = build / "lint-cache"
        self.use_cache = use_cache
        self.pchs = set()
        self.cache.mkdir(parents=True, exist_ok=True)
        version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
        settings = [version, sources.read(root / ".clang-tidy"), sources.read(pathlib.Path(__file__))]
        self.settings = "\0".join(settings)

    def units(self, only):
        """First-party units of the build folder, neighbours together."""
        commands = json.loads(sources.read(self.build / "compile_commands.json"))
        found = {}
        for command in commands:
            file = pathlib.Path(command["file"])
            if not file.is_relative_to(self.root) or file.is_relative_to(self.build):
                continue
            if not file.is_file() or (only and file.relative_to(self.root).as_posix() not in only):
                continue
            found[file] = Unit(file, *clang_arguments(command["command"]))
        return [found[file] for file in sorted(found)]

    @functools.lru_cache(maxsize=None)
    def includes(self, file):
        """The first-party and generated files that `file` includes directly."""
        found = []
        for name in INCLUDE.findall(sources.read(file)):
            for folder in (self.root, self.build / "gen"):
                if (folder / name).is_file():
                    found.append(folder / name)
                    break
        return found

    @functools.lru_cache(maxsize=None)
    def digest(self, file):
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def key(self, unit):
        """Names the state of everything that decides the outcome for `unit`."""
        seen = {unit.file}
        if unit.pch:
            seen.add(unit.pch)
        waiting = list(seen)
        while waiting:
            for included in self.includes(waiting.pop()):
                if included not in seen:
                    seen.add(included)
                    waiting.append(included)
        parts = [self.settings] + unit.arguments + [f"{file} {self.digest(file)}" for file in sorted(seen)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def passed(self, unit):
        return self.use_cache and (self.cache / self.key(unit)).is_file()

    def make_pch(self, header, arguments):
        """Clang's own precompiled form of `header`; made again when the header's files or the flags change."""
        if header is None:
            return []
        made = self.cache / f"{self.key(Unit(header, arguments, None))}.pch"
        if not made.is_file():
            partial = made.with_suffix(f".{os.getpid()}")
            command = ["clang++", "-x", "c++-header", *arguments, "-w", str(header), "-o", str(partial)]
            subprocess.run(command, check=True)
            partial.rename(made)
        self.pchs.add(made)
        return ["-include-pch", str(made)]

    def remove_old_pchs(self):
        """Keeps the folder small: removes precompiled headers that this run did not use."""
        for old in self.cache.glob("*.pch"):
            if self.pchs and old not in self.pchs:
                old.unlink()

    def write_batch(self, units):
        text = "".join(f'#include "{unit.file}"\n' for unit in units)
        batch = self.cache / f"batch-{hashlib.sha256(text.encode()).hexdigest()[:16]}.cc"
        batch.write_text(text, encoding="utf-8")
        return batch

    def clashing(self, units, arguments):
        """The units whose names clash with those of earlier ones when all are compiled as one."""
        batch = self.write_batch(units)
        command = ["clang++", "-fsyntax-only", "-ferror-limit=0", *arguments, "-w", str(batch)]
        errors = subprocess.run(command, capture_output=True, text=True, check=False).stderr
        batch.unlink()
        for kind in ("(?:fatal )?error", "note"):  # an error within a library is explained by notes
            named = set(re.findall(rf"^([^\s:][^:\n]*):\d+:\d+: {kind}: ", errors, re.MULTILINE))
            clashing = [unit for unit in units if str(unit.file) in named]
            if clashing:
                return clashing
        return units[1:] if errors else []

    def batches(self, units, arguments):
        """Splits units into lists that compile as one; a unit that clashes waits for a later list."""
        waiting = list(units)
        while waiting:
            batch, waiting = waiting[:BATCH], waiting[BATCH:]
            while len(batch) > 1:
                clashing = self.clashing(batch, arguments)
                if not clashing:
                    break
                clashing = clashing[1:] if len(clashing) == len(batch) else clashing
                waiting += clashing
                batch = [unit for unit in batch if unit not in clashing]
            yield batch

    def run(self, units, arguments):
        """Checks units that compile as one; returns their problems as text."""
        file = self.write_batch(units) if len(units) > 1 else units[0].file
        command = ["clang-tidy", "--quiet", f"--config-file={self.root}/.clang-tidy", str(file), "--", *arguments]
        result = subprocess.run(command, capture_output=True, text=True, cwd=self.root, check=False)
        if len(units) > 1:
            file.unlink()
        if result.returncode == 0:
            for unit in units:
                (self.cache / self.key(unit)).touch()
            return ""
        shown = result.stdout.strip() or result.stderr.strip()
        named = [unit for unit in units if str(unit.file) in shown]
        if len(units) > 1 and "[clang-diagnostic-error]" in shown and named:
            others = [unit for unit in units if unit not in named]  # a clash that the syntax check did not see
            parts = [[unit] for unit in named] + ([others] if others else [])
            return "\n".join(filter(None, (self.run(part, arguments) for part in parts)))
        if named and "/lint-cache/" not in shown and not re.search(r"\.h:\d+:\d+: error:", shown):
            for unit in units:
                if unit not in named:
                    (self.cache / self.key(unit)).touch()
        return shown.replace(f"{self.root}/", "")

    def check(self, group):
        """Yields what is wrong with the units of a group."""
        arguments = group.arguments + group.macros_as_arguments()
        arguments += self.make_pch(group.pch, group.arguments)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = [pool.submit(self.run, batch, arguments) for batch in self.batches(group.units, arguments)]
            for run in concurrent.futures.as_completed(runs):
                yield run.result()


class Group:
    """Units whose flags differ at most by macros that do not contradict each other."""

    def __init__(self, unit):
        self.pch = unit.pch
        self.arguments = [argument for argument in unit.arguments if not argument.startswith("-D")]
        self.macros = {}
        self.units = []

    def add(self, unit):
        """Takes `unit` if it fits."""
        macros = dict(argument[2:].partition("=")[::2] for argument in unit.arguments if argument.startswith("-D"))
        plain = [argument for argument in unit.arguments if not argument.startswith("-D")]
        if (unit.pch, plain) != (self.pch, self.arguments):
            return False
        if any(self.macros.get(name, value) != value for name, value in macros.items()):
            return False
        self.macros.update(macros)
        self.units.append(unit)
        return True

    def macros_as_arguments(self):
        return [f"-D{name}={value}" if value else f"-D{name}" for name, value in self.macros.items()]


def grouped(units):
    groups = []
    for unit in units:
        if not any(group.add(unit) for group in groups):
            groups.append(Group(unit))
            groups[-1].add(unit)
    return groups


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", default="build/release")
    parser.add_argument("--no-cache", action="store_true", help="check every unit again")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    build = sources.ROOT / options.build_dir
    if not (build / "compile_commands.json").is_file():
        print(f"{options.build_dir}/compile_commands.json is missing: run cmake --preset {build.name} first")
        return 1
    checker = Checker(sources.ROOT, build, not options.no_cache)
    units = checker.units(set(options.files))
    if options.files and not units:
        print(f"none of these files is in {options.build_dir}/compile_commands.json: {' '.join(options.files)}")
        return 1
    waiting = [unit for unit in units if not checker.passed(unit)]
    failed = False
    for group in grouped(waiting):
        for problems in checker.check(group):
            if problems:
                failed = True
                print(problems, flush=True)
    if not options.files:
        checker.remove_old_pchs()
    print(f"clang-tidy: {len(waiting)} of {len(units)} units checked")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
