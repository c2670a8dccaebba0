#!/usr/bin/env python3
"""Refuses threads, sleeps, the system's clock, unseeded chance and fork outside the places that own them.

Everything else takes base::Clock, base::Executor and base::Random as arguments, which is what lets a whole cluster run in a
simulation. usage: forbidden_calls.py [ROOT]
"""

import fnmatch
import pathlib
import re
import sys

import sources

# Path pattern (* matches slashes too) -> why it may.
ALLOWED = {
    "common/base/*": "owns threads, clock, chance and processes",
    "apiserver/transport/*": "gRPC's own threads and deadlines; hidden behind the registry's interface",
    "common/client/grpc*": "gRPC's own threads and deadlines; hidden behind Client",
    "common/client/testing/grpc*": "a real gRPC server for the tests of the gRPC client",
    "kubelet/transport/*": "its own event loop for shim and session sockets; hidden behind the runtime's interface",
    "kubelet/shim/*": "a separate tiny program that holds processes; links nothing of ours",
    "store/*_test.cc": "real threads compete for one store, and are joined",
    "tests/contract/store_*": "real threads compete for one store, and are joined",
    "deploy/samples/*": "a workload as users write them; links nothing of ours",
    "tests/bench/*": "measures real time",
}

# What -> the remedy. Matched in code without comments and literals.
NOT_MEMBER = r"(?<![\w.>])"
FORBIDDEN = {
    r"\bstd::(?:jthread|thread|async)\b(?!::id)|\bpthread_create\b": "post tasks to the base::Executor given in Deps",
    r"\bstd::this_thread::sleep_(?:for|until)\b|\babsl::SleepFor\b|"
    + NOT_MEMBER
    + r"(?:sleep|usleep|nanosleep|clock_nanosleep)\s*\(": "use Executor::PostAfter, or wait for the event itself",
    r"\babsl::(?:Now|GetCurrentTimeNanos)\b|\bstd::chrono::\w+_clock\b|"
    + NOT_MEMBER
    + r"time\s*\(\s*(?:nullptr|NULL|0)\s*\)|\b(?:gettimeofday|clock_gettime)\s*\(": "read the base::Clock given in Deps",
    r"\bstd::random_device\b|" + NOT_MEMBER + r"s?rand(?:_r)?\s*\(": "use the base::Random given in Deps",
    NOT_MEMBER + r"v?fork\s*\(": "use base::SpawnProcess: copying a large process is slow",
}
PATTERNS = [(re.compile(pattern), remedy) for pattern, remedy in FORBIDDEN.items()]


def check(root):
    problems = []
    for file in sources.files(root):
        if any(fnmatch.fnmatch(file.as_posix(), pattern) for pattern in ALLOWED):
            continue
        text = sources.code_only(sources.read(root / file))
        for pattern, remedy in PATTERNS:
            for match in pattern.finditer(text):
                call = match.group(0).rstrip("( ")
                problems.append(f"{file}:{sources.line_of(text, match.start())}: {call} is not allowed here: {remedy}")
    return problems


if __name__ == "__main__":
    sys.exit(sources.report(check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else sources.ROOT)))
