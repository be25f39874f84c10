#!/usr/bin/env python3
"""Each public header compiles by itself, without a warning, in every standard and with every compiler we promise; and
all of them together with the headers of the kernel, and after a windows.h, that use some of the same names."""
import sys

import common

STANDARDS = {"c": ["c99", "c11", "gnu11"], "c++": ["c++17"]}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Werror"]
# A translation unit needs a declaration, and some headers have nothing but macros.
TAIL = "extern int unit;\nint unit;\n"

KERNEL = common.include_lines(["linux/filter.h", "linux/if_packet.h", "linux/if_ether.h", "linux/can.h",
                               "linux/netlink.h", "linux/netfilter/nfnetlink_log.h", "net/if.h", "netinet/in.h"])
WINDOWS = ("typedef void *HANDLE;\n#define INVALID_HANDLE_VALUE ((HANDLE)(long)-1)\n"
           "typedef int SOCKET;\n#define INVALID_SOCKET (SOCKET)(~0)\n")
WINDOWS_USE = "HANDLE event(pcap_t *p);\nHANDLE event(pcap_t *p)\n{\n\tHANDLE h = pcap_getevent(p);\n\n" \
              "\treturn h == INVALID_HANDLE_VALUE ? 0 : h;\n}\n"


def cases(include_dir):
    names = common.headers(include_dir)
    for name in names:
        yield f"<{name}> alone", common.include_lines([name, name]) + TAIL, STANDARDS
    together = common.include_lines(names)
    # nfnetlink_log.h has NFULA_ as enumerators, so that the kernel's headers can only come first.
    yield "all after the kernel's", KERNEL + together + TAIL, {"c": ["gnu11"]}
    yield "all after a windows.h", WINDOWS + together + WINDOWS_USE, STANDARDS


def main(include_dir):
    failures, compiled = [], 0
    for language, suffix in (("c", "c"), ("c++", "c++")):
        for compiler in common.compilers(language):
            for what, text, standards in cases(include_dir):
                for standard in standards.get(language, []):
                    done = common.run(compiler + ["-x", suffix, f"-std={standard}", *WARNINGS, "-fsyntax-only",
                                                  "-I", include_dir, "-"], text)
                    compiled += 1
                    if done.returncode != 0:
                        failures.append(f"{what}, {compiler[0]} -std={standard}:\n{done.stderr}")
    if not compiled:
        common.skip("no C compiler found")
    common.verdict(failures, f"{compiled} compilations")


main(sys.argv[1])
