#!/usr/bin/env python3
"""Checks each #include "..." of first-party code against the layers of docs/architecture.md.

usage: include_layers.py [ROOT]
"""

import pathlib
import re
import sys

import sources

# Folder -> the folders it may include besides itself. "proto" stands for the generated headers.
COMMON = ["common/base", "common/http", "common/image", "common/api", "common/client", "common/control", "common/daemon"]
LAYERS = {
    "common/base": [],
    "common/http": ["common/base", "common/net"],
    "common/image": ["common/base"],
    "common/net": ["common/base"],
    "common/api": ["common/base", "proto"],
    "common/client": ["common/base", "common/api", "common/http", "proto"],
    "common/control": ["common/base", "common/api", "common/client", "proto"],
    "common/daemon": ["common/base", "common/api", "common/client", "common/control", "proto"],
    "store": ["common/base"],
    "store/etcd": ["common/base", "common/net", "store", "proto"],
    "apiserver": ["common/base", "common/http", "common/net", "common/api", "common/client", "common/daemon", "store", "proto"],
    "scheduler": COMMON + ["proto"],
    "controllers": COMMON + ["proto"],
    "kubelet": COMMON + ["proto"],
    "proxy": COMMON + ["proto"],
    "kubectl-lite": ["common/base", "common/image", "common/api", "common/client", "proto"],
    "deploy": ["common/base", "common/http"],
    "proto": ["proto"],
    "tests": None,  # anything
}
# What the API server may know of the store.
STORE_HEADERS = ("store/store.h", "store/checkpoint.h", "store/lease_expirer.h")
GENERATED = ("etcd/", "k8s/", "kubelite/")  # as included: build/<preset>/gen/...
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"\n]+)"', re.MULTILINE)


def layer_of(path):
    """The layer of a path written from the repository root; None when it is not first-party."""
    if path.startswith(GENERATED):
        return "proto"
    parts = path.split("/")
    for depth in (2, 1):
        if "/".join(parts[:depth]) in LAYERS and len(parts) > depth:
            return "/".join(parts[:depth])
    return None


def broken_rule(root, file, included):
    """Why `file` may not include `included`, or None."""
    own = layer_of(file.as_posix())
    target = layer_of(included)
    if target is None:
        if (root / file.parent / included).is_file():
            return f"write the path from the repository root: {(file.parent / included).as_posix()}"
        return None  # third-party
    if own is None:
        return "this folder is not in the layer table of tests/lint/include_layers.py"
    allowed = LAYERS[own]
    if allowed is None or target == own:
        return None
    if target not in allowed:
        return f"{own} may include only {', '.join(allowed) or 'nothing'} besides itself, not {target}"
    builds_objects = file.name == "main.cc" or sources.is_test(file)
    if own == "apiserver" and target == "store" and included not in STORE_HEADERS and not builds_objects:
        return f"apiserver reaches the store only through {', '.join(STORE_HEADERS)} (main.cc and tests may build one)"
    return None


def check(root):
    problems = []
    for file in sources.files(root):
        text = sources.read(root / file)
        for match in INCLUDE.finditer(text):
            rule = broken_rule(root, file, match.group(1))
            if rule:
                problems.append(f'{file}:{sources.line_of(text, match.start(1))}: "{match.group(1)}": {rule}')
    return problems


if __name__ == "__main__":
    sys.exit(sources.report(check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else sources.ROOT)))
