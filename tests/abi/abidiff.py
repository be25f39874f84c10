#!/usr/bin/env python3
"""libabigail sees nothing missing or changed between Debian's libpcap.so.0.8 and our library: we only add symbols."""
import re
import shutil
import sys

import common

# Lines of a report that a drop-in may have; any other is a failure. Debian's library has no debug information, so that
# names and kinds of symbols are compared here. Types are headers_same.py's part.
KIND = "(function|variable)s?"
HARMLESS = [
    r"ELF SONAME changed",
    r"SONAME changed from 'libpcap\.so\.0\.8' to 'libcapstan\.so\.1'",  # the drop-in folder has the old names as links
    rf"{KIND} changes summary: 0 Removed, 0 Changed, \d+ Added {KIND}",
    rf"{KIND} symbols changes summary: 0 Removed, \d+ Added {KIND} symbols? not referenced by debug info",
    rf"\d+ Added {KIND}( symbols? not referenced by debug info)?:",
    r"\[A\] .*",
]
USAGE_OR_ERROR = 1 | 2


def main(library):
    debian = common.debian_library()
    if not shutil.which("abidiff"):
        common.skip("abidiff is not installed (abigail-tools)")
    if not debian:
        common.skip("libpcap.so.0.8 is not installed")
    done = common.run(["abidiff", debian, library])
    print(done.stdout, done.stderr, sep="")
    if done.returncode & USAGE_OR_ERROR:
        sys.exit(f"abidiff itself failed: {done.returncode}")
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    common.verdict([line for line in lines if not any(re.fullmatch(pattern, line, re.I) for pattern in HARMLESS)],
                   f"{sum(line.startswith('[A]') for line in lines)} symbols added, none removed")


main(sys.argv[1])
