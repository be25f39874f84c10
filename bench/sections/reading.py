"""reading.py - savefiles read in every way, beside the floor; and what a filter adds to a packet that is read."""
import os
import subprocess
import tempfile

from lab import Skipped, alternating, have, run
from rows import column, paired, spread
from savefiles import FORMATS, blank_frames, mixed_frames, write_savefile

FLOOR_BLOCKS_KIB = (128, 256)  # the better one counts
PACKETS, OCTETS, NS, KIB = range(4)  # of a run
EXPRESSION = "tcp port 80"


def same_packets(results):
    seen = {tuple(r[:2]) for rs in results.values() for r in rs}
    if len(seen) != 1:
        raise RuntimeError(f"not everybody read the same packets: {seen}")
    return results


def most_mib(rounds):
    return f"{max(column(rounds, KIB)) / 1024:.1f} MiB"


def ways_to_read(lab, path, has_streams):
    """Commands: each library's pcap_loop() and pcap_next_ex(); the floor, with each size of block; where `has_streams`,
    pcap_loop() on a stream that the program opened and on a pipe."""
    ways = {("floor", kib): [lab.program("read_floor"), path, str(kib)] for kib in FLOOR_BLOCKS_KIB}
    for name, library in lab.libraries.items():
        ways.update({(name, "pcap_" + call): [lab.program("read"), library, path, call] for call in ("loop", "next_ex")})
        arguments = [lab.program("read"), library, path]
        if has_streams:
            ways[name, "a stream"] = ["sh", "-c", '"$0" "$1" - loop < "$2"', *arguments]
            ways[name, "a pipe"] = ["sh", "-c", 'cat "$2" | "$0" "$1" - loop', *arguments]
    return ways


def read_in_all_ways(lab, path, what, has_streams):
    ways = ways_to_read(lab, path, has_streams)

    def measure_way(way):
        packets, octets, ns, *memory = run(ways[way])
        return packets, octets, ns / packets, *memory
    results = same_packets(alternating(list(ways), measure_way, lab.plan.read_rounds))
    times = {way: column(rounds, NS) for way, rounds in results.items()}
    floor = [min(pair) for pair in zip(*(times["floor", kib] for kib in FLOOR_BLOCKS_KIB))]
    for call in dict.fromkeys(call for name, call in ways if name in lab.libraries):
        ours = times["capstan", call]
        notes = [f"{spread(ours, floor)} of the floor"]
        if call == "pcap_next_ex":
            notes.append(f"{spread(ours, times['capstan', 'pcap_loop']).median:.2f} of pcap_loop")
        notes.append(most_mib(results["capstan", call]))
        yield paired(f"read {what}, {call}", "ns a packet", "libpcap", times["libpcap", call], ours, floor=floor,
                     notes="; ".join(notes))


def filter_costs(lab, path, program):
    """Rounds of (packets accepted, their bytes, ns that the filter adds to a packet). The difference of two times as
    long as it: so the best of a few stands for each."""
    def measure_library(library):
        reader = [lab.program("read"), library, path, "loop"]
        plain, filtered = zip(*((run(reader), run([*reader, program])) for _ in range(lab.plan.share_samples)))
        ns = min(column(filtered, NS)) - min(column(plain, NS))
        return *filtered[0][:2], ns / plain[0][PACKETS]
    return same_packets(lab.in_rounds(measure_library))


def filter_share(lab, path):
    """What a filter adds to pcap_loop(): with it and without it in turn."""
    if not have("tcpdump"):
        raise Skipped("there is no tcpdump, which has libpcap compile a program for both")
    program = subprocess.run(["tcpdump", "-y", "EN10MB", "-ddd", EXPRESSION], capture_output=True, text=True, check=True).stdout
    write_savefile(path, lab.plan.filtered_packets, mixed_frames(8192))
    for whose, text in (("libpcap's program", program), ("own programs", EXPRESSION)):
        results = filter_costs(lab, path, text)
        yield paired(f"'{EXPRESSION}' in pcap_loop, {whose}", "ns a packet", "libpcap",
                     column(results["libpcap"], 2), column(results["capstan"], 2))


def measure(lab):
    sizes = {"60 B": [60], "60-1514 B": [60 + (n * 7919) % 1455 for n in range(997)]}
    with tempfile.TemporaryDirectory() as folder:
        for kind in FORMATS:
            path = os.path.join(folder, "bench." + kind)
            for name, packets in lab.plan.read_packets.items():
                write_savefile(path, packets, blank_frames(sizes[name]), kind)
                yield from read_in_all_ways(lab, path, f"{kind}, {name}", kind == "pcap")
            os.unlink(path)
        yield from filter_share(lab, os.path.join(folder, "bench.pcap"))
