#!/usr/bin/env python3
"""run.py - Capstan and its peers measured side by side, in alternating rounds of one run; one table, a row a metric.

What all of them delivered is compared before any time is believed. docs/PERFORMANCE.md says how each is taken."""
import argparse
import ctypes.util
import os
import sys
import time
from datetime import datetime, timezone

import machine
import plan
import results
import table
from lab import Lab, Skipped
from sections import SECTIONS

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def measure(lab, name, with_details):
    """Measure a section, printing rows as they come. Whatever ends it early, what it has so far is kept."""
    print(f"\n{name}", flush=True)
    taken, start = datetime.now(timezone.utc).isoformat(timespec="seconds"), time.monotonic()
    rows, status = [], "measured"
    try:
        for row in SECTIONS[name](lab):
            rows.append(row)
            if with_details or not row.is_detail:
                print(table.text_line(table.cells(row)), flush=True)
    except Skipped as reason:
        status = f"skipped: {reason}"
    except KeyboardInterrupt:
        status = "broken off"
    except Exception as error:  # whatever it is, the other sections are still to be measured
        status = f"failed: {' '.join(str(error).split())}"
    seconds = time.monotonic() - start
    print(f"{name}: {status}, {seconds:.0f} s", flush=True)
    return results.Section(lab.plan.name, taken, machine.commit(SOURCE), machine.versions(lab), seconds, status, rows)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="folder of the build, with tests and benchmarks")
    parser.add_argument("--json", help="where results go; BUILD/bench.json, with --quick BUILD/bench-quick.json")
    parser.add_argument("--only", default="", metavar="SECTIONS",
                        help=f"of {', '.join(SECTIONS)}: with commas between; their results replace those in the file")
    parser.add_argument("--quick", action="store_true", help="a quick look, with few rounds and few packets")
    parser.add_argument("--details", action="store_true", help="show the rows, too, that others sum up")
    options = parser.parse_args()
    options.sections = options.only.split(",") if options.only else list(SECTIONS)
    unknown = [name for name in options.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section \"{unknown[0]}\"")
    options.json = options.json or os.path.join(options.build, "bench-quick.json" if options.quick else "bench.json")
    return options


def main():
    options = arguments()
    system = ctypes.util.find_library("pcap")
    if system is None:
        print("skipped: needs the system's libpcap (libpcap0.8) to compare with")
        return 77
    lab = Lab(os.path.abspath(options.build), SOURCE, system, plan.QUICK if options.quick else plan.WHOLE)
    this = machine.machine()
    try:
        whole = results.load_to_go_on(options.json, this, lab.plan.name) if options.only else results.Results(this)
    except results.Mismatch as reason:
        sys.exit(f"run.py: {reason}")
    print(table.machine_line(this))
    print("; ".join(machine.versions(lab).values()))
    print(f"{lab.plan.rounds} rounds or more{': a quick look, not to be quoted' if options.quick else ''}; {table.EXPLAINED}\n")
    print(table.text_line(table.HEADINGS))
    start = time.monotonic()
    for name in options.sections:
        measured = {**whole.sections, name: measure(lab, name, options.details)}
        whole.sections = {name: measured[name] for name in SECTIONS if name in measured}
        results.save(whole, options.json)
        if measured[name].status == "broken off":
            return 130
    print(f"\n{time.monotonic() - start:.0f} s in all; {options.json} holds the rows")
    failed = [name for name in options.sections if whole.sections[name].status.startswith("failed")]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
