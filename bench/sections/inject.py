"""inject.py - what it costs to send one frame with one call, above the system call."""
from statistics import median

from lab import run
from rows import column, paired

SIZES = (60, 1400)
CALLS = ("pcap_inject", "pcap_sendpacket")
WALL_NS, CPU_NS, ARRIVED = range(3)


def measure(lab):
    count = lab.plan.injected_packets
    for size in SIZES:
        ways = {(name, call): lab.in_netlab("inject", library, call, count, size)
                for call in CALLS for name, library in lab.libraries.items()}
        ways["floor"] = lab.in_netlab("inject", lab.capstan, "send", count, size)
        results = lab.in_rounds(run, ways)
        if any(r[ARRIVED] != count for rounds in results.values() for r in rounds):
            raise RuntimeError(f"not all of {count} frames have arrived: {results}")
        for call in CALLS:
            theirs, ours = (results[name, call] for name in lab.libraries)
            yield paired(f"{call}, {size} B", "ns a call", "libpcap", column(theirs, WALL_NS), column(ours, WALL_NS),
                         floor=column(results["floor"], WALL_NS),
                         notes=f"CPU {median(column(theirs, CPU_NS)):.0f} and"
                               f" {median(column(ours, CPU_NS)):.0f} ns")
