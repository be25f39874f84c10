#!/usr/bin/env python3
"""docs/MAP.md names every exported symbol once, under the room and in the file that defines it."""
import os
import re
import sys

import common

ROW = re.compile(r"^\| `(\w+)` \| \[(\S+)\]\(\.\./(\S+)\) \|$")
HEADING = re.compile(r"^## (lib/\w+):")


def rows(path):
    """(room, symbol, text of the link, its target) of each row."""
    room = None
    with open(path, encoding="utf-8") as file:
        for line in file:
            heading, row = HEADING.match(line), ROW.match(line)
            room = heading.group(1) if heading else room
            if row:
                yield room, *row.groups()


def defines(path, symbol):
    """Is there a definition, which begins a line and is not static, and has the name followed by parameters or a value?"""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    before = r"^(?!static\b|extern\b|typedef\b)[A-Za-z_][^\n;#]*?[\s*]"
    found = re.search(before + symbol + r"(\(|\[|\s*=)", text, re.M)
    return found is not None


def main(root):
    exported = set(common.map_symbols(os.path.join(root, "lib", "capstan.map")))
    failures, seen = [], set()
    for room, symbol, link, target in rows(os.path.join(root, "docs", "MAP.md")):
        if symbol in seen:
            failures.append(f"{symbol} stands there twice")
        seen.add(symbol)
        if link != target or os.path.dirname(target) != room:
            failures.append(f"{symbol}: {link}, which links to {target}, under the heading of {room}")
        path = os.path.join(root, target)
        if not os.path.exists(path):
            failures.append(f"{symbol}: there is no {target}")
        elif not defines(path, symbol):
            failures.append(f"{symbol} is not defined in {target}")
    failures += [f"{symbol} has no row" for symbol in sorted(exported - seen)]
    failures += [f"{symbol} has a row but is not exported" for symbol in sorted(seen - exported)]
    common.verdict(failures, f"{len(seen)} symbols, each where docs/MAP.md says")


main(sys.argv[1])
