"""made_up.py - the benchmark's modules, and a run that nobody measured."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench"))

import results  # noqa: E402
import rows  # noqa: E402

MACHINE = {"processor": "Abacus", "cores": 3, "memory_gib": 1, "system": "Linux 9.9", "architecture": "x86_64"}
VERSIONS = {"capstan": "Capstan 7", "libpcap": "libpcap 8"}


def faster():
    return rows.paired("read <a> & \"b\"", "ns a packet", "libpcap", [40.0, 44.0, 60.0], [10.0, 11.0, 12.0], floor=[5.0, 8.0, 6.0])


def slower():
    return rows.paired("send", "Mpps", "zstd -dc | tcpdump", [2.0, 4.0], [1.0, 1.0], more_is_better=True, notes="no luck")


def detail():
    return rows.paired("one of many", "us", "libpcap", [2.0], [1.0], is_detail=True)


def lonely():
    return rows.alone("drift", "us", [-0.123456])


def section(*its_rows, status="measured", plan="whole", commit="abc"):
    return results.Section(plan, "2026-01-01T00:00:00+00:00", commit, VERSIONS, 61.0, status, list(its_rows))


def run():
    return results.Results(MACHINE, {"offline": section(faster(), detail(), lonely()), "transmit": section(slower())})
