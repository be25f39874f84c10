"""counting.py - what counting at full load adds to a packet's way through the system, above nobody listening."""
from lab import output_of
from rows import column, paired, spread

NOBODY, LIBPCAP, EBPF, USER, LIBPCAP_SHARE, EBPF_SHARE, USER_SHARE = range(7)


def above_nobody(rounds, way):
    return [r[way] - r[NOBODY] for r in rounds]


def measure(lab):
    plan = lab.plan
    for size in plan.frame_sizes:
        done = output_of(lab.in_netlab("stat", lab.libpcap, lab.capstan, plan.counted_packets, plan.counting_rounds, size))
        rounds = [[float(word) for word in line.split()] for line in done.stdout.splitlines()]
        for engine, cost, share in (("ebpf", EBPF, EBPF_SHARE), ("user", USER, USER_SHARE)):
            part = spread(above_nobody(rounds, cost), above_nobody(rounds, LIBPCAP))
            notes = [f"adds {part} of what libpcap adds" if part else "adds less than rounds differ by"]
            if part and part.count < len(rounds):
                notes.append(f"that in {part.count} of {len(rounds)} rounds")
            notes += [line for line in done.stderr.splitlines() if engine in line]
            yield paired(f"count {size} B at full load, {engine}, the system", "ns of CPU a packet", "libpcap",
                         column(rounds, LIBPCAP), column(rounds, cost), floor=column(rounds, NOBODY), notes="; ".join(notes))
            yield paired(f"count {size} B at full load, {engine}, the process", "% of a CPU", "libpcap",
                         column(rounds, LIBPCAP_SHARE), column(rounds, share))
