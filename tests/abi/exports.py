#!/usr/bin/env python3
"""The library exports exactly the names of capstan.map; these include all that Debian's libpcap.so.0.8 exports; and the
functions among them are exactly those that the public headers declare."""
import shutil
import sys

import common

# Exported because libpcap exports them, yet declared in none of its headers nor of ours.
DATA = {"eproto_db", "pcap_version"}


def main(library, map_file, include_dir):
    if not shutil.which("gcc"):
        common.skip("needs gcc, which can list prototypes")
    in_map, symbols = common.map_symbols(map_file), common.exported(library)
    functions = {name for name, letter in symbols.items() if letter in "TW"}
    declared = set(common.prototypes(include_dir, common.headers(include_dir)))
    failures = [] if in_map == sorted(set(in_map)) else [f"{map_file} is not sorted, or lists a name twice"]
    failures += [f"{name} is in the map but not in the library" for name in sorted(set(in_map) - set(symbols))]
    failures += [f"{name} is exported but not in the map" for name in sorted(set(symbols) - set(in_map))]
    failures += [f"{name} is exported but no public header declares it" for name in sorted(functions - declared)]
    failures += [f"{name} is declared in a header but is not in the map" for name in sorted(declared - set(in_map))]
    failures += [f"{name} should be data and is {symbols.get(name)}" for name in sorted(DATA)
                 if symbols.get(name) not in ("D", "R", "B")]
    debian = common.debian_library()
    if debian:
        failures += [f"{name} of {debian} is missing" for name in sorted(set(common.exported(debian)) - set(symbols))]
    if not failures and not debian:
        common.skip("map, library and headers agree, but libpcap.so.0.8 is not installed to compare them with")
    common.verdict(failures, f"{len(functions)} functions and {len(DATA)} objects, as in the map and the headers")


main(*sys.argv[1:])
