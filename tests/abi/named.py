#!/usr/bin/env python3
"""Every exported function is named by a test: in its code, not in a comment, nor in the lists of this folder."""
import glob
import os
import re
import sys

import common

COMMENTS = {".c": r"/\*.*?\*/", ".py": r"^\s*#[^\n]*"}


def words(root):
    """All words of the tests' code."""
    found = set()
    for path in glob.glob(os.path.join(root, "tests", "**", "*"), recursive=True):
        comments = COMMENTS.get(os.path.splitext(path)[1])
        if comments and os.path.dirname(path) != os.path.join(root, "tests", "abi"):
            with open(path, encoding="utf-8") as file:
                found.update(re.findall(r"\w+", re.sub(comments, " ", file.read(), flags=re.S | re.M)))
    return found


def main(root):
    exported = set(common.map_symbols(os.path.join(root, "lib", "capstan.map")))
    missing = sorted(exported - words(root))
    common.verdict([f"no test names {symbol}" for symbol in missing], f"{len(exported)} symbols, each in some test")


main(sys.argv[1])
