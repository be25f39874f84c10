"""live.py - capturing a flood: CPU time of the capturing process, and what was lost, at one rate after another."""
from lab import run
from rows import column, paired

SENT, DELIVERED, _, NS = range(4)


def lost(rounds):
    return sum(int(r[SENT] - r[DELIVERED]) for r in rounds)


def measure(lab):
    plan = lab.plan
    for snaplen in plan.snaplens:
        for rate in plan.rates:
            packets = int(rate * plan.live_seconds) or plan.full_rate_packets
            results = lab.in_rounds(lambda path, n=packets, r=rate, s=snaplen: run(lab.in_netlab("live", path, n, r, s)))
            pace = f"{rate // 1000} kpps" if rate else "full rate"
            sent = packets * plan.rounds
            yield paired(f"capture 64 B, snaplen {snaplen}, {pace}", "ns of CPU a packet", "libpcap",
                         column(results["libpcap"], NS), column(results["capstan"], NS),
                         notes=f"lost {lost(results['libpcap'])} and {lost(results['capstan'])} of {sent}")
