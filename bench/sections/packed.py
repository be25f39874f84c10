"""packed.py - compressed savefiles, beside the packer's own command with libpcap or tcpdump behind a pipe: wall clock
of all processes from the first to the last."""
import os
import subprocess
import tempfile
import time

from lab import Skipped, alternating, have, run
from rows import column, paired
from savefiles import wordy_frames, write_savefile

from .reading import most_mib, same_packets

PACKERS = {"gz": ("gzip", "-1"), "zst": ("zstd", "-q"), "lz4": ("lz4", "-q")}


def pack(plain, path, tool, level):
    with open(path, "wb") as file:
        subprocess.run([tool, *level, "-c", plain], stdout=file, check=True)
        os.fsync(file.fileno())


def ways_to_unpack(lab, path, tool):
    behind = tool + ' -dcq "$0" | '
    ways = {"capstan": [lab.program("read"), lab.capstan, path, "loop"],
            "libpcap": ["sh", "-c", behind + '"$1" "$2" - loop', path, lab.program("read"), lab.libpcap]}
    if have("tcpdump"):
        ways["tcpdump"] = ["sh", "-c", behind + "tcpdump -r - --count 2>/dev/null | sed 's/ .*//'", path]
    return ways


def read_packed(lab, path, suffix, tool):
    ways = ways_to_unpack(lab, path, tool)

    def measure_way(way):
        start = time.monotonic()
        packets, *rest = run(ways[way])
        ns = (time.monotonic() - start) * 1e9
        octets, _, kib = rest or (None, None, None)  # tcpdump only counts packets
        return packets, octets, ns / packets, kib
    results = alternating(list(ways), measure_way, lab.plan.rounds)
    same_packets({name: results[name] for name in lab.libraries})
    if len({packets for rounds in results.values() for packets in column(rounds, 0)}) != 1:
        raise RuntimeError("tcpdump read other packets")
    for peer in ways:
        if peer != "capstan":
            yield paired(f"read pcap.{suffix}, 60-1514 B", "ns a packet", f"{tool} -dc | {peer}", column(results[peer], 2),
                         column(results["capstan"], 2), notes=most_mib(results["capstan"]))


def measure(lab):
    with tempfile.TemporaryDirectory() as folder:
        plain = os.path.join(folder, "bench.pcap")
        write_savefile(plain, lab.plan.packed_packets, wordy_frames(16384))
        missing = [tool for tool, *_ in PACKERS.values() if not have(tool)]
        for suffix, (tool, *level) in PACKERS.items():
            if tool not in missing:
                path = f"{plain}.{suffix}"
                pack(plain, path, tool, level)
                yield from read_packed(lab, path, suffix, tool)
                os.unlink(path)
    if missing:
        raise Skipped(f"there is no {', no '.join(missing)}")
