#!/usr/bin/env python3
"""run.py - Capstan and the system's libpcap measured side by side, in alternating rounds.

A line a metric: the medians of both, and the median of the ratios of the rounds (libpcap / Capstan: above 1 we are
faster), with the spread of those ratios. What both libraries delivered is compared before any time is believed.
"""
import argparse
import ctypes.util
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from random import Random

ROUNDS = 5
RATES = (100_000, 300_000, 600_000, 900_000, 0)  # frames a second; 0: as fast as the sender can
LIVE_SECONDS = 2  # of sending, at a given rate
FULL_RATE_PACKETS = 2_000_000
COUNTED_PACKETS = 3_000_000
COUNTING_ROUNDS = 9
READ_PACKETS = {"60 B": 10_000_000, "60-1514 B": 2_000_000}
READ_ROUNDS = 9
FLOOR_BLOCKS_KIB = (128, 256)
PACKED_PACKETS = 600_000
PACKERS = {"gz": ("gzip", "-1"), "zst": ("zstd", "-q"), "lz4": ("lz4", "-q")}
FILTERED_PACKETS = 1_000_000
WRITTEN_PACKETS = {60: 5_000_000, 1400: 500_000}
OPEN_CYCLES = 20
SHARE_SAMPLES = 7
SEND_PACKETS = 1_000_000
SEND_QUEUES = ("auto", "socket")  # engines of a send queue; both can send in every way the peer may be
SYNC_SECONDS = 4
SYNC_GAPS_US = (50, 200, 1_000, 10_000)
DRIFT_SECONDS = 60


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


def counting(programs, libraries):
    """What counting at full load adds to a packet's way through the system, above nobody listening."""
    for size in (64, 1400):
        done = subprocess.run([programs["netlab"], programs["stat"], libraries["libpcap"], libraries["capstan"],
                               str(COUNTED_PACKETS), str(COUNTING_ROUNDS), str(size)],
                              capture_output=True, text=True, check=False, timeout=900)
        if done.returncode != 0:
            raise RuntimeError(f"bench_stat: exit {done.returncode}\n{done.stderr}")
        rounds = [[float(word) for word in line.split()] for line in done.stdout.splitlines()]
        nobody, *costs = (statistics.median(column) for column in list(zip(*rounds))[:4])
        shares = [statistics.median(column) for column in list(zip(*rounds))[4:]]
        for column, engine in enumerate(("ebpf", "user"), 1):
            parts = sorted((r[1 + column] - r[0]) / (r[1] - r[0]) for r in rounds if r[1] > r[0])
            print(f"count {size} B at full load, engine {engine}: nobody {nobody:.0f} ns a packet, libpcap adds"
                  f" {costs[0] - nobody:.0f}, capstan {costs[column] - nobody:.0f}: {statistics.median(parts):.2f} of it"
                  f" ({len(parts)} rounds, {parts[0]:.2f} to {parts[-1]:.2f}); the process takes {shares[column]:.4f} % of a"
                  f" CPU (libpcap {shares[0]:.2f}){'  ' + done.stderr.strip() if engine in done.stderr else ''}", flush=True)


def blank_frames(sizes):
    """Frames whose lengths go around in `sizes`."""
    return [bytes(sizes[number % len(sizes)]) for number in range(len(sizes) * max(1, 4096 // len(sizes)))]


def wordy_frames(count):
    """Frames of 60 to 1514 bytes, half of each random words. Sixteen thousand are more than a packer looks back."""
    random = Random(2)
    sizes = (60 + (number * 7919) % 1455 for number in range(count))
    return [random.randbytes(size // 4).hex().encode().ljust(size, b"\0") for size in sizes]


def mixed_frames(count):
    """Web, names and pings in random order: 5 of 8 IPv4 frames are TCP, one in six of their ports is 80."""
    random = Random(1)
    frames = []
    for _ in range(count):
        protocol = random.choice((6, 6, 6, 6, 6, 17, 17, 1))
        ports = struct.pack(">HH", *(random.choice((80, 443, 443, 53, 22, 8080)) for _ in range(2)))
        kind = random.randrange(20)
        if kind == 0:
            frame = bytes(12) + b"\x08\x06"
        elif kind <= 3:
            frame = bytes(12) + b"\x86\xdd\x60" + bytes(5) + bytes([protocol]) + bytes(33) + ports
        else:
            frame = bytes(12) + b"\x08\x00\x45" + bytes(8) + bytes([protocol]) + bytes(10) + ports
        frames.append(frame.ljust(96, b"\0"))
    return frames


def time_stamp(number):
    return 1_700_000_000 + number // 1000, number % 1000 * 1000


def pcap_header():
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


def pcap_record(number, frame):
    return struct.pack("<IIII", *time_stamp(number), len(frame), len(frame)) + frame


def pcapng_header():
    """A section and its one interface, Ethernet."""
    return (struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
            + struct.pack("<IIHHII", 1, 20, 1, 0, 262144, 20))


def pcapng_record(number, frame):
    seconds, us = time_stamp(number)
    ticks = seconds * 1_000_000 + us
    padded = frame + bytes(-len(frame) % 4)
    size = 32 + len(padded)
    return (struct.pack("<IIIIIII", 6, size, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame)) + padded
            + struct.pack("<I", size))


FORMATS = {"pcap": (pcap_header, pcap_record), "pcapng": (pcapng_header, pcapng_record)}


def write_savefile(path, packets, frames, kind="pcap"):
    """A savefile that goes around in `frames` until it has about `packets` of them. On disk when we return, so that
    nothing is written while others measure."""
    header, record = FORMATS[kind]
    chunk = b"".join(record(number, frame) for number, frame in enumerate(frames))
    with open(path, "wb") as file:
        file.write(header())
        for _ in range(packets // len(frames)):
            file.write(chunk)
        os.fsync(file.fileno())


def same_packets(results):
    seen = {tuple(r[:2]) for rs in results.values() for r in rs}
    if len(seen) != 1:
        raise RuntimeError(f"not everybody read the same packets: {seen}")
    return results


def filter_costs(programs, libraries, path, program):
    """Rounds of (packets accepted, their bytes, ns that the filter adds to a packet). The difference of two times as
    long as it: so the best of a few stands for each."""
    def measure(library):
        plain, filtered = zip(*((run([programs["read"], library, path, "loop"]),
                                 run([programs["read"], library, path, "loop", program])) for _ in range(SHARE_SAMPLES)))
        ns = min(f[2] for f in filtered) - min(p[2] for p in plain)
        return *filtered[0][:2], ns / plain[0][0]
    return same_packets(in_rounds(measure, libraries))


def filter_share(programs, libraries, path, expression):
    """What a filter adds to pcap_loop(): with it and without it in turn. libpcap's compiler made the program."""
    program = subprocess.run(["tcpdump", "-y", "EN10MB", "-ddd", expression], capture_output=True, text=True, check=True).stdout
    write_savefile(path, FILTERED_PACKETS, mixed_frames(8192))
    report(f"pcap_loop: what '{expression}' adds to a packet", "ns", filter_costs(programs, libraries, path, program), 2)
    report("the same, compiled by each library", "ns", filter_costs(programs, libraries, path, expression), 2)


def reading_ways(programs, libraries, path, streams):
    """Commands: each library's pcap_loop() and pcap_next_ex(); the floor, with each size of block; where `streams`,
    pcap_loop() on a stream that the program opened and on a pipe."""
    ways = {("floor", kib): [programs["read_floor"], path, str(kib)] for kib in FLOOR_BLOCKS_KIB}
    for name, library in libraries.items():
        ways.update({(name, "pcap_" + call): [programs["read"], library, path, call] for call in ("loop", "next_ex")})
        arguments = [programs["read"], library, path]
        if streams:
            ways[name, "stream"] = ["sh", "-c", '"$0" "$1" - loop < "$2"', *arguments]
            ways[name, "pipe"] = ["sh", "-c", 'cat "$2" | "$0" "$1" - loop', *arguments]
    return ways


def reading(programs, libraries, path, what, streams):
    """Read the file in every way, and report: to libpcap, to the floor, and one call to the other."""
    ways = reading_ways(programs, libraries, path, streams)

    def measure(way):
        packets, octets, ns, *memory = run(ways[way])
        return packets, octets, ns / packets, *memory
    results = same_packets(alternating(list(ways), measure, READ_ROUNDS))
    results["floor"] = [min(rounds, key=lambda r: r[2]) for rounds in zip(*(results["floor", k] for k in FLOOR_BLOCKS_KIB))]
    for call in dict.fromkeys(call for name, call in ways if name in libraries):
        ours = "capstan", call
        note = f"  to the floor {spread(ratios_to(results, 'floor', ours, 2))}"
        if call == "pcap_next_ex":
            note += f"  to pcap_loop {spread(ratios_to(results, ('capstan', 'pcap_loop'), ours, 2))}"
        note += f"  {most_mib(results[ours])}"
        report(f"read {what}, {call}", "ns", {name: results[name, call] for name in libraries}, 2, note)
    print(f"read {what}, floor {statistics.median(r[2] for r in results['floor']):9.2f} ns", flush=True)


def offline(programs, libraries, folder):
    sizes = {"60 B": [60], "60-1514 B": [60 + (n * 7919) % 1455 for n in range(997)]}
    for kind in FORMATS:
        for name, packets in READ_PACKETS.items():
            path = os.path.join(folder, "bench." + kind)
            write_savefile(path, packets, blank_frames(sizes[name]), kind)
            reading(programs, libraries, path, f"{packets / 1e6:.0f} M packets of {name} from {kind}", kind == "pcap")
            os.unlink(path)
    filter_share(programs, libraries, os.path.join(folder, "bench.pcap"), "tcp port 80")


def most_mib(rounds):
    return f"{max(r[3] for r in rounds) / 1024:.1f} MiB of memory"


def packed(programs, libraries, folder):
    """A compressed savefile, beside the packer's own command with libpcap behind a pipe: wall clock of all processes from
    the first to the last."""
    plain = os.path.join(folder, "bench.pcap")
    write_savefile(plain, PACKED_PACKETS, wordy_frames(16384))
    for suffix, (tool, *level) in PACKERS.items():
        if not shutil.which(tool):
            print(f"skipped: there is no {tool}")
            continue
        path = f"{plain}.{suffix}"
        with open(path, "wb") as file:
            subprocess.run([tool, *level, "-c", plain], stdout=file, check=True)
            os.fsync(file.fileno())
        behind = tool + ' -dcq "$0" | '
        ways = {"capstan": [programs["read"], libraries["capstan"], path, "loop"],
                "libpcap": ["sh", "-c", behind + '"$1" "$2" - loop', path, programs["read"], libraries["libpcap"]]}
        if shutil.which("tcpdump"):
            ways["tcpdump"] = ["sh", "-c", behind + "tcpdump -r - --count 2>/dev/null | sed 's/ .*//'", path]

        def measure(way, ways=ways):
            start = time.monotonic()
            packets, *rest = run(ways[way])
            ns = (time.monotonic() - start) * 1e9
            octets, _, kib = rest or (None, None, None)  # tcpdump only counts packets
            return packets, octets, ns / packets, kib
        results = alternating(list(ways), measure)
        same_packets({name: results[name] for name in libraries})
        if len({r[0] for rounds in results.values() for r in rounds}) != 1:
            raise RuntimeError("tcpdump read other packets")
        note = f"  {most_mib(results['capstan'])}"
        if "tcpdump" in results:
            note += f"  {tool} -dc | tcpdump: ratio {spread(ratios_to(results, 'capstan', 'tcpdump', 2))}"
        report(f"read {results['capstan'][0][0] / 1e6:.1f} M packets from pcap.{suffix}, {tool} -dc | libpcap", "ns", results, 2,
               note)
        os.unlink(path)


def written(programs, libraries):
    """What dumping a packet takes, and what it would take without a library."""
    ways = {**libraries, "floor": "floor"}
    for name, folder in (("the null device", ""), ("tmpfs", "/dev/shm")):
        for size, packets in WRITTEN_PACKETS.items():
            with tempfile.TemporaryDirectory(dir=folder or None) as scratch:
                path = os.path.join(scratch, "bench.pcap") if folder else os.devnull

                def measure(library, path=path, size=size, packets=packets):
                    length, ns = run([programs["write"], library, path, str(size), str(packets)])
                    if path != os.devnull:
                        os.unlink(path)
                    elif library != "floor":
                        length = 24 + packets * (16 + size)  # it has no length, nor has the stream a position
                    return length, ns / packets
                results = in_rounds(measure, ways)
            if len({r[0] for rs in results.values() for r in rs}) != 1:
                raise RuntimeError("the libraries write files of different lengths")
            floor = statistics.median(r[1] for r in results["floor"])
            report(f"write packets of {size} B to {name}", "ns", results, 1, f"  floor {floor:.2f} ns")


def filters(programs, system):
    """What a filter costs: the program of libpcap's compiler, run in each way."""
    done = subprocess.run([programs["filter"], system], capture_output=True, text=True, check=False, timeout=900)
    if done.returncode != 0:
        raise RuntimeError(f"bench_filter: exit {done.returncode}\n{done.stderr}")
    own_way = "native and libpcap's interpreter, each with its own library's program"
    gains = {"interpreter": [], "native": [], own_way: []}
    for line in done.stdout.splitlines():
        name, insns, *numbers = line.split("\t")
        peer, interpreter, native, by_hand, compile_us, own_insns, own_peer, own = (
            float(number) for number in numbers)
        gains["interpreter"].append(peer / interpreter)
        gains["native"].append(peer / native)
        gains[own_way].append(own_peer / own)
        hand = f"  in C {by_hand:6.2f} ns ({native / by_hand:.2f} times that)" if by_hand else ""
        print(f"filter {name:37} libpcap {peer:9.2f} ns  interpreter {interpreter:9.2f} ns  native {native:6.2f} ns"
              f"  ratio {peer / native:6.2f}  own program {own:6.2f} ns, {own_insns:.0f} instructions"
              f"  ratio {own_peer / own:6.2f}{hand}  {insns} instructions in {compile_us:.0f} us", flush=True)
    for way, ratios in gains.items():
        print(f"filters, {way}: {statistics.geometric_mean(ratios):.2f} times libpcap's speed (geometric mean of {len(ratios)})")


def compiled(programs, libraries, everyday):
    """What a filter costs to compile."""
    done = subprocess.run([programs["compile"], libraries["capstan"], libraries["libpcap"], everyday],
                          capture_output=True, text=True, check=False, timeout=900)
    if done.returncode != 0:
        raise RuntimeError(f"bench_compile: exit {done.returncode}\n{done.stderr}")
    ratios = {}
    before = {}
    for line in done.stdout.splitlines():
        kind, name, *numbers = line.split("\t")
        if kind == "everyday":
            theirs, ours, their_insns, our_insns = (float(number) for number in numbers)
            ratios[name] = theirs / ours
            print(f"compile {name[:60]:60} libpcap {theirs:8.2f} us  capstan {ours:7.2f} us  ratio {theirs / ours:5.2f}"
                  f"  instructions {their_insns:.0f} and {our_insns:.0f}", flush=True)
            continue
        count, theirs, ours, their_insns, our_insns, kib, longest = (float(number) for number in numbers)
        peer = f"libpcap {theirs:9.2f} ms  " if theirs else " " * 22
        ratio = f"  ratio {theirs / ours:7.1f}" if theirs else " " * 15
        insns = f"{their_insns:.0f} and {our_insns:.0f}" if theirs else f"{our_insns:.0f}"
        grown = f"  {ours / before[name][1]:.2f} times that of {before[name][0]:.0f}" if name in before else ""
        print(f"compile {count:6.0f} {name:22} {peer}capstan {ours:8.2f} ms{ratio}  {kib / 1024:6.1f} MiB"
              f"  instructions {insns}, at most {longest:.0f} for a packet{grown}", flush=True)
        before[name] = (count, ours)
    worst = min(ratios, key=ratios.get)
    print(f"everyday filters: compiled at {statistics.geometric_mean(ratios.values()):.2f} times libpcap's speed"
          f" (geometric mean of {len(ratios)}); least {ratios[worst]:.2f}, '{worst}'")


def alternating(ways, measure, rounds=ROUNDS):
    """measure(way) for each way in turn, `rounds` times, the order changing."""
    results = {way: [] for way in ways}
    for number in range(rounds):
        for way in ways if number % 2 == 0 else list(reversed(ways)):
            results[way].append(measure(way))
    return results


def sender(programs, libraries, what, way, *arguments):
    """A run of bench_send: "queue:ENGINE" is Capstan's send queue, with that engine demanded; the rest as the program has it."""
    name, _, engine = way.partition(":")
    library = libraries["capstan" if name == "queue" else "libpcap"]
    environment = ["env", "CAPSTAN_ENGINE=transmit=" + engine] if engine not in ("", "auto") else []
    return run([*environment, programs["netlab"], programs["send"], what, name, library, *map(str, arguments)])


def ratios_to(results, peer, way, column=0):
    return sorted(a[column] / b[column] for a, b in zip(results[way], results[peer]) if b[column] > 0)


def spread(ratios):
    return f"{statistics.median(ratios):5.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def transmit(programs, libraries):
    """Back to back: arrivals at the peer a second."""
    ways = ["loop"] + ["queue:" + engine for engine in SEND_QUEUES] + (["tcpreplay"] if shutil.which("tcpreplay") else [])
    for peer in ("plain", "gro", "drop"):
        for size in (60, 1400):
            results = alternating(ways, lambda way, s=size, p=peer: sender(programs, libraries, "rate", way, SEND_PACKETS, s, p))
            for way in ways:
                rate = statistics.median(r[0] for r in results[way])
                lost = [int(r[1] - r[2]) for r in results[way]]
                against = [f"ratio to {name} {spread(ratios_to(results, other, way))}" for other, name in
                           (("loop", "libpcap"), ("tcpreplay", "tcpreplay")) if way.startswith("queue") and other in ways]
                print(f"transmit {size:4} B to a {peer:5} peer, {way:13} {rate / 1e6:6.3f} Mpps  {'  '.join(against)}"
                      + (f"  did not arrive: {lost}" if any(lost) else ""), flush=True)


def accuracy_line(gap, way, rounds, note=""):
    columns = [statistics.median(column) for column in zip(*rounds)]
    print(f"sync, gaps of {gap:5} us and bursts, {way:13} error between neighbours {columns[1]:7.2f} us median,"
          f" {columns[2]:8.2f} us 99th percentile; late {columns[3]:9.1f} us 99th percentile, {columns[5]:9.1f} us at most;"
          f" drift {columns[4]:8.1f} us; CPU {columns[6]:5.1f} %{note}", flush=True)


def sync(programs, libraries):
    """By the clock: what the kernel's receive stamps at the peer say."""
    ways = ["busy", "queue:socket"] + (["tcpreplay"] if shutil.which("tcpreplay") else [])
    for gap in SYNC_GAPS_US:
        results = alternating(ways, lambda way, g=gap: sender(programs, libraries, "sync", way, SYNC_SECONDS, g))
        for way in ways:
            note = "  99th percentile to busy's " + spread(ratios_to(results, "busy", way, 2)) if way.startswith("queue") else ""
            accuracy_line(gap, way, results[way], note)
    long = sender(programs, libraries, "sync", "queue:socket", DRIFT_SECONDS, 1000)
    accuracy_line(1000, "queue:socket", [long], f"  over {DRIFT_SECONDS} s")


def in_scratch(measure, *arguments):
    with tempfile.TemporaryDirectory() as scratch:
        measure(*arguments, scratch)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--capstan", required=True, help="path of libcapstan.so")
    parser.add_argument("--programs", required=True, help="folder of the built bench_* programs")
    parser.add_argument("--netlab", required=True, help="path of the netlab program")
    parser.add_argument("--everyday", required=True, help="file of everyday filter expressions")
    parser.add_argument("--only", default="", help="sections to run, with commas between: compile, filter, offline, packed,"
                        " write, live, counting, transmit, sync; all by default")
    options = parser.parse_args()
    system = ctypes.util.find_library("pcap")
    if system is None:
        print("needs the system's libpcap (libpcap0.8) to compare with")
        return 77
    libraries = {"libpcap": system, "capstan": options.capstan}
    programs = {name: os.path.join(options.programs, "bench_" + name)
                for name in ("compile", "live", "open_close", "read", "read_floor", "send", "filter", "stat", "write")}
    programs["netlab"] = options.netlab
    version = ctypes.CDLL(system).pcap_lib_version
    version.restype = ctypes.c_char_p
    print(f"peer: {version().decode()}; {os.cpu_count()} CPUs; {' '.join(os.uname()[i] for i in (0, 2, 4))}; {ROUNDS} rounds")
    sections = {
        "compile": lambda: compiled(programs, libraries, options.everyday),
        "filter": lambda: filters(programs, system),
        "offline": lambda: in_scratch(offline, programs, libraries),
        "packed": lambda: in_scratch(packed, programs, libraries),
        "write": lambda: written(programs, libraries),
        "live": lambda: live(programs, libraries),
        "counting": lambda: counting(programs, libraries),
        "transmit": lambda: transmit(programs, libraries),
        "sync": lambda: sync(programs, libraries),
    }
    for name in options.only.split(",") if options.only else sections:
        sections[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
