"""filtering.py - what a filter costs a packet in memory: the program of libpcap's compiler, run in each way."""
from lab import lines_of
from rows import column, geometric, paired

# Columns of what the program prints: ns a packet.
PEER, INTERPRETER, NATIVE, BY_HAND, COMPILE_US, OWN_INSNS, OWN_PEER, OWN = range(8)


def rows_of(name, insns, rounds):
    times = [column(rounds, number) for number in range(8)]
    notes = f"{insns} instructions, native in {min(times[COMPILE_US]):.0f} us"
    yield paired(f"run '{name}', interpreter", "ns a packet", "libpcap", times[PEER], times[INTERPRETER], is_detail=True)
    yield paired(f"run '{name}', native", "ns a packet", "libpcap", times[PEER], times[NATIVE], notes=notes,
                 is_detail="hosts" not in name)
    yield paired(f"run '{name}', own programs", "ns a packet", "libpcap", times[OWN_PEER], times[OWN], is_detail=True,
                 notes=f"instructions {insns} and {times[OWN_INSNS][0]:.0f}")
    if any(times[BY_HAND]):
        yield paired(f"run '{name}', native", "ns a packet", "by hand in C", times[BY_HAND], times[NATIVE])


def measure(lab):
    plan = lab.plan
    filters = {}
    for line in lines_of([lab.program("filter"), lab.libpcap, str(plan.rounds), str(plan.filter_samples), str(plan.most_hosts)]):
        name, insns, *numbers = line.split("\t")
        filters.setdefault((name, insns), []).append([float(number) for number in numbers])
    for (name, insns), rounds in filters.items():
        yield from rows_of(name, insns, rounds)
    ways = {"interpreter": (PEER, INTERPRETER), "native": (PEER, NATIVE), "own programs": (OWN_PEER, OWN)}
    for way, (theirs, ours) in ways.items():
        yield paired(f"run {len(filters)} filters, {way}", "ns a packet", "libpcap",
                     *(geometric([column(rounds, number) for rounds in filters.values()]) for number in (theirs, ours)),
                     notes="geometric mean")
