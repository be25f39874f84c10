#!/usr/bin/env python3
"""run.py - Capstan and the system's libpcap measured side by side, in alternating rounds.

A line a metric: the medians of both, and the median of the ratios of the rounds (libpcap / Capstan: above 1 we are
faster), with the spread of those ratios. What both libraries delivered is compared before any time is believed.
"""
import argparse
import ctypes.util
import os
import statistics
import struct
import subprocess
import sys
import tempfile

ROUNDS = 5
RATES = (100_000, 300_000, 600_000, 900_000, 0)  # frames a second; 0: as fast as the sender can
LIVE_SECONDS = 2  # of sending, at a given rate
FULL_RATE_PACKETS = 2_000_000
READ_PACKETS = 10_000_000
MIXED_PACKETS = 1_000_000
OPEN_CYCLES = 20


def run(command):
    """The numbers that a benchmark program printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return [float(word) for word in done.stdout.split()]


def in_rounds(measure, libraries):
    """measure(path) -> tuple of numbers; run for each library in turn, ROUNDS times, the order changing."""
    results = {name: [] for name in libraries}
    for number in range(ROUNDS):
        order = list(libraries) if number % 2 == 0 else list(reversed(libraries))
        for name in order:
            results[name].append(measure(libraries[name]))
    return results


def report(metric, unit, results, column, note=""):
    theirs = [r[column] for r in results["libpcap"]]
    ours = [r[column] for r in results["capstan"]]
    ratios = sorted(a / b for a, b in zip(theirs, ours) if b > 0)
    ratio = statistics.median(ratios)
    print(f"{metric:44} libpcap {statistics.median(theirs):9.2f} {unit}  capstan {statistics.median(ours):9.2f} {unit}"
          f"  ratio {ratio:5.2f}  ({len(ratios)} rounds, {ratios[0]:.2f} to {ratios[-1]:.2f}){note}", flush=True)


def live(programs, libraries):
    results = in_rounds(lambda path: run([programs["netlab"], programs["open_close"], path, str(OPEN_CYCLES)]), libraries)
    report("open a live handle", "ms", results, 0)
    report("close a live handle", "ms", results, 1)
    both = {name: [(sum(r),) for r in rs] for name, rs in results.items()}
    report("open and close", "ms", both, 0)
    for snaplen in (96, 262144):
        for rate in RATES:
            packets = rate * LIVE_SECONDS or FULL_RATE_PACKETS
            results = in_rounds(lambda path, n=packets, r=rate, s=snaplen: run(
                [programs["netlab"], programs["live"], path, str(n), str(r), str(s)]), libraries)
            lost = {name: [int(r[0] - r[1]) for r in rs] for name, rs in results.items()}
            pace = f"{rate // 1000} kpps" if rate else "full rate"
            report(f"capture 64 B, snaplen {snaplen}, {pace}: CPU a packet", "ns", results, 3,
                   f"  lost a round: libpcap {lost['libpcap']} capstan {lost['capstan']}")


def write_savefile(path, packets, sizes):
    """A classic savefile of `packets` frames whose lengths go around in `sizes`."""
    records = []
    for number in range(len(sizes) * max(1, 4096 // len(sizes))):
        size = sizes[number % len(sizes)]
        records.append(struct.pack("<IIII", 1_700_000_000 + number // 1000, number % 1000 * 1000, size, size) + bytes(size))
    chunk = b"".join(records)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for _ in range(packets // len(records)):
            file.write(chunk)


def offline(programs, libraries, folder):
    mixed = [60 + (n * 7919) % 1455 for n in range(997)]
    for name, packets, sizes in (("60 B", READ_PACKETS, [60]), ("60-1514 B", MIXED_PACKETS, mixed)):
        path = os.path.join(folder, "bench.pcap")
        write_savefile(path, packets, sizes)
        for way in ("loop", "next_ex"):
            results = in_rounds(lambda lib, w=way: run([programs["read"], lib, path, w]), libraries)
            seen = {tuple(r[:2]) for rs in results.values() for r in rs}
            if len(seen) != 1:
                raise RuntimeError(f"the libraries read different packets: {seen}")
            report(f"read {int(results['capstan'][0][0])} packets of {name}, pcap_{way}", "ns", results, 2)
        os.unlink(path)


def filters(programs, system):
    """What a filter costs: the program of libpcap's compiler, run in each way."""
    done = subprocess.run([programs["filter"], system], capture_output=True, text=True, check=False, timeout=900)
    if done.returncode != 0:
        raise RuntimeError(f"bench_filter: exit {done.returncode}\n{done.stderr}")
    gains = {"interpreter": [], "native": []}
    for line in done.stdout.splitlines():
        name, insns, *numbers = line.split("\t")
        peer, interpreter, native, by_hand, compile_us = (float(number) for number in numbers)
        gains["interpreter"].append(peer / interpreter)
        gains["native"].append(peer / native)
        hand = f"  in C {by_hand:6.2f} ns ({native / by_hand:.2f} times that)" if by_hand else ""
        print(f"filter {name:37} libpcap {peer:9.2f} ns  interpreter {interpreter:9.2f} ns  native {native:6.2f} ns"
              f"  ratio {peer / native:6.2f}{hand}  {insns} instructions in {compile_us:.0f} us", flush=True)
    for way, ratios in gains.items():
        print(f"filters, {way}: {statistics.geometric_mean(ratios):.2f} times libpcap's speed (geometric mean of {len(ratios)})")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--capstan", required=True, help="path of libcapstan.so")
    parser.add_argument("--programs", required=True, help="folder of the built bench_* programs")
    parser.add_argument("--netlab", required=True, help="path of the netlab program")
    options = parser.parse_args()
    system = ctypes.util.find_library("pcap")
    if system is None:
        print("needs the system's libpcap (libpcap0.8) to compare with")
        return 77
    libraries = {"libpcap": system, "capstan": options.capstan}
    programs = {name: os.path.join(options.programs, "bench_" + name) for name in ("live", "open_close", "read", "filter")}
    programs["netlab"] = options.netlab
    version = ctypes.CDLL(system).pcap_lib_version
    version.restype = ctypes.c_char_p
    print(f"peer: {version().decode()}; {os.cpu_count()} CPUs; {' '.join(os.uname()[i] for i in (0, 2, 4))}; {ROUNDS} rounds")
    filters(programs, system)
    with tempfile.TemporaryDirectory() as scratch:
        offline(programs, libraries, scratch)
    live(programs, libraries)
    return 0


if __name__ == "__main__":
    sys.exit(main())
