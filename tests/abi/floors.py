#!/usr/bin/env python3
"""Dependencies point down the floors of the house: a room of lib/ includes nothing of a higher floor; packet
sources do not know each other; tools/ see the public headers only."""
import os
import re
import sys
import tempfile

import common

FLOORS = {"base": 0, "names": 1, "bpf": 1, "filter": 2, "handle": 3, "savefile": 4, "linux": 4, "npcap": 5, "remote": 5}
SOURCES = {"savefile", "linux", "remote"}
# Files directly in lib/ stand on the roof: tables that name what all rooms offer. No room includes them.


def includes(path):
    """Line number and name of each file included with quotes, comments aside."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment.group().count("\n"), file.read(), flags=re.S)
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*"(.*?)"', line)
        if found:
            yield number, found.group(1)


def sources(folder):
    for where, _, files in sorted(os.walk(folder)):
        yield from (os.path.join(where, name) for name in sorted(files) if name.endswith((".c", ".h", ".S")))


def room_of(lib, path):
    """Room that a path below lib/ is in; "" for the roof; None if it is outside."""
    parts = os.path.relpath(path, lib).split(os.sep)
    return None if parts[0] == ".." else parts[0] if len(parts) > 1 else ""


def objection(room, other):
    if room == "" or other == room:
        return None
    if other == "":
        return "includes from the roof of lib/"
    if other not in FLOORS:
        return f"includes from lib/{other}/, which has no floor"
    if FLOORS[other] > FLOORS[room]:
        return f"floor {FLOORS[room]} includes floor {FLOORS[other]}"
    return "one packet source includes another" if {room, other} <= SOURCES else None


def check(root):
    """Violations below root, and how many includes were looked at."""
    failures, count = [], 0
    lib, tools, include = (os.path.join(root, name) for name in ("lib", "tools", "include"))
    for path in sources(lib):
        room = room_of(lib, path)
        if room and room not in FLOORS:
            failures.append(f"lib/{room}/ has no floor in {os.path.basename(__file__)}")
            continue
        for number, name in includes(path):
            count += 1
            targets = [os.path.normpath(os.path.join(base, name)) for base in (lib, os.path.dirname(path), include)]
            target = next((t for t in targets if os.path.exists(t)), targets[0])
            why = None
            if not target.startswith(include + os.sep):
                other = room_of(lib, target)
                why = "includes from outside lib/" if other is None else objection(room, other)
            if why:
                failures.append(f"{os.path.relpath(path, root)}:{number}: {name}: {why}")
    for path in sources(tools):
        for number, name in includes(path):
            count += 1
            near = os.path.normpath(os.path.join(os.path.dirname(path), name))
            if not any(t.startswith(tools + os.sep) and os.path.exists(t) for t in (near, os.path.join(tools, name))):
                failures.append(f"{os.path.relpath(path, root)}:{number}: {name}: tools see include/ only")
    return failures, count


def sees_violations():
    """What this check says of a house built wrongly, to know that it can fail."""
    wrong = {"lib/base/a.c": '#include "handle/b.h"', "lib/linux/a.c": '/* x */\n#include "savefile/a.h"',
             "lib/npcap/a.c": '#include "../sources.h"', "tools/a.c": '#include "base/a.h"', "lib/attic/a.c": ""}
    right = {"lib/handle/b.h": '#include "base/a.h"', "lib/base/a.h": "", "lib/savefile/a.h": '// "linux/a.h"',
             "lib/sources.c": '#include "linux/a.h"', "lib/linux/a.h": "",
             "tools/b.c": '#include "b.h"', "tools/b.h": ""}
    with tempfile.TemporaryDirectory() as root:
        for name, text in (wrong | right).items():
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(text + "\n")
        failures, _ = check(root)
    return len(failures) == len(wrong)


def main(root):
    if not sees_violations():
        sys.exit("this check does not see violations any more")
    failures, count = check(root)
    common.verdict(failures, f"{count} includes point down")


main(os.path.realpath(sys.argv[1]))
