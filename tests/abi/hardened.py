#!/usr/bin/env python3
# hardened.py LIBRARY COMMAND KIT - what is installed has what makes a fault harder to use, as readelf and objdump see it. KIT
# is a static library. HARDENING in the environment says which of the compiler's means meson.build found.
import os
import re
import shlex
import sys
import tempfile

import common

MEANS = set(os.environ["HARDENING"].split())
if "bti" in MEANS:
    MEANS.discard("stack-clash")  # seen in code of x86-64 alone
# What a function that is called by pointer begins with.
LANDING = {"cet": r"endbr64", "bti": r"bti\s+j?c|paciasp"}


def linking_faults(path):
    program_headers = common.must(["readelf", "-lW", path])
    tags = common.must(["readelf", "-dW", path])
    segments = re.findall(r"^  ([A-Z_]+) +(?:0x[0-9a-f]+ +){5}([RWE ]{3}) ", program_headers, re.M)
    loads = [flags for kind, flags in segments if kind == "LOAD"]
    kinds = [kind for kind, _ in segments]
    return [text for is_fault, text in [
        (not re.search(r"Type: +DYN", common.must(["readelf", "-hW", path])), "is not position-independent"),
        ("GNU_RELRO" not in kinds, "has no RELRO"),
        (not re.search(r"FLAGS_1\).*\bNOW\b", tags), "is not bound at once"),
        ("TEXTREL" in tags, "relocates its code"),
        (("GNU_STACK", "RW ") not in segments, "has an executable stack"),
        (any("W" in flags and "E" in flags for flags in loads), "has a segment to write and to execute"),
        (not loads or "E" in loads[0], "has code and headers in one segment"),
    ] if is_fault]


def compiling_faults(path, entries, means):
    """`entries`: functions that others call."""
    symbols = common.must(["nm", path])
    code = common.must(["objdump", "-d", "--no-show-raw-insn", path])
    begins = dict(re.findall(r"^[0-9a-f]+ <(\w+)>:\n +[0-9a-f]+:\s+([^\n]*)", code, re.M))
    faults = []
    if "stack-protector" in means and "__stack_chk_fail" not in symbols:
        faults.append("has no stack protector")
    if "stack-clash" in means and not re.search(r"\ssubq?\s+\$0x1000,%rsp\n.*\s(or|mov)q\s+\$0x0,\(%rsp\)", code):
        faults.append("does not touch each page of a large stack frame")
    if "fortify" in means and not re.search(r"__(?!stack)\w+_chk\b", symbols):
        faults.append("is not fortified")
    for kind in means & set(LANDING):
        faults += [f"{name}() begins with {begins.get(name, 'nothing')!r}" for name in entries
                   if not re.match(LANDING[kind], begins.get(name, ""))]
    return faults


def environment_faults(path):
    asks = re.search(r" U getenv\b", common.must(["nm", "-D", path]))
    return ["asks the environment in set-user-ID programs, too: that is for secure_getenv()"] if asks else []


def functions(path, *options):
    return re.findall(r" T (\w+)", common.must(["nm", "--defined-only", *options, path]))


SOFT = """#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) { char text[9000]; return snprintf(text, sizeof(text), getenv("HOME"), argv[0]) + text[argc]; }
"""
SOFT_OPTIONS = """-O2 -fno-stack-protector -fno-stack-clash-protection -U_FORTIFY_SOURCE -fno-pie -no-pie
-Wl,-z,norelro -Wl,-z,lazy -Wl,-z,execstack -Wl,-z,noseparate-code"""


def sees_faults():
    """A program without any of this has as many faults as there are means, and four of linking."""
    none = {"cet": ["-fcf-protection=none"], "bti": ["-mbranch-protection=none"]}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "soft")
        options = shlex.split(SOFT_OPTIONS) + sum((none[kind] for kind in MEANS & set(none)), [])
        common.must(shlex.split(os.environ["CC"]) + ["-x", "c", "-", "-o", path] + options, SOFT)
        return environment_faults(path) and len(linking_faults(path)) >= 5 and len(compiling_faults(path, ["main"], MEANS)) == len(MEANS)


def main(library, command, kit):
    if not sees_faults():
        sys.exit("this check does not see faults any more")
    # Small code has no frame of more than a page.
    small = MEANS - {"stack-clash"}
    faults = [f"the library {fault}" for fault in linking_faults(library) + environment_faults(library) +
              compiling_faults(library, functions(library, "-D"), MEANS)]
    faults += [f"the command {fault}" for fault in linking_faults(command) + compiling_faults(command, ["main"], MEANS)]
    faults += [f"the porting kit {fault}" for fault in compiling_faults(kit, functions(kit), small)]
    common.verdict(faults, "RELRO, bound at once, no executable stack, code apart; " + ", ".join(sorted(MEANS)))


main(*sys.argv[1:])
