"""writing.py - what dumping a packet takes, and what it would take without a library."""
import os
import tempfile

from lab import run
from rows import column, paired


def write_in_all_ways(lab, where, path, size, packets):
    def measure_way(library):
        length, ns = run([lab.program("write"), library, path, str(size), str(packets)])
        if path != os.devnull:
            os.unlink(path)
        elif library != "floor":
            length = 24 + packets * (16 + size)  # it has no length, nor has the stream a position
        return length, ns / packets
    results = lab.in_rounds(measure_way, {**lab.libraries, "floor": "floor"})
    if len({length for rounds in results.values() for length, _ in rounds}) != 1:
        raise RuntimeError("the libraries write files of different lengths")
    theirs, ours, floor = (column(results[name], 1) for name in ("libpcap", "capstan", "floor"))
    return paired(f"write {size} B to {where}", "ns a packet", "libpcap", theirs, ours, floor=floor)


def measure(lab):
    for size, packets in lab.plan.written_packets.items():
        yield write_in_all_ways(lab, "the null device", os.devnull, size, packets)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        for size, packets in lab.plan.written_packets.items():
            yield write_in_all_ways(lab, "tmpfs", os.path.join(folder, "bench.pcap"), size, packets)
