"""compiling.py - what a filter costs to compile: everyday expressions, and lists of 10 to 10,000."""
from statistics import median

from lab import lines_of
from rows import alone, geometric, paired, spread


def numbers(text):
    return [float(word) for word in text.split(",") if word]


def everyday(rows):
    """A row for each expression; then all of them, and the one of which least is gained."""
    theirs, ours = ([numbers(row[place]) for row in rows] for place in (1, 2))
    gains = {}
    for (expression, _, _, their_insns, our_insns), their_us, our_us in zip(rows, theirs, ours):
        gains[expression] = spread(their_us, our_us).median
        yield paired(f"compile '{expression}'", "us", "libpcap", their_us, our_us, is_detail=True,
                     notes=f"instructions {their_insns} and {our_insns}")
    worst = min(gains, key=gains.get)
    yield paired(f"compile {len(rows)} everyday filters", "us", "libpcap", geometric(theirs), geometric(ours),
                 notes=f"geometric mean; least {gains[worst]:.2f}, '{worst}'")


def size_notes(length, kib, longest, ours, before):
    notes = f"{kib / 1024:.1f} MiB; {longest} instructions a packet at most"
    return notes + (f"; {ours / before[1]:.1f} times that of {before[0]}" if before else "")


def lists(rows):
    before = {}
    for kind, length, theirs, ours, _, _, kib, longest in rows:
        their_ms, our_ms = numbers(theirs), numbers(ours)
        middle = median(our_ms)
        notes = size_notes(length, float(kib), longest, middle, before.get(kind))
        is_detail = kind != "hosts" and length != "1000"
        if their_ms:
            if len(their_ms) < len(our_ms):
                notes += "; libpcap was asked once"
                their_ms = their_ms * len(our_ms)
            yield paired(f"compile {length} {kind}", "ms", "libpcap", their_ms, our_ms, notes=notes, is_detail=is_detail)
        else:
            yield alone(f"compile {length} {kind}", "ms", our_ms, notes=notes, is_detail=is_detail)
        before[kind] = (length, middle)


def measure(lab):
    plan = lab.plan
    rows = [line.split("\t") for line in lines_of(
        [lab.program("compile"), lab.capstan, lab.libpcap, lab.everyday, str(plan.everyday_rounds), str(plan.rounds),
         str(plan.longest_list), str(plan.patience_seconds)])]
    yield from everyday([row[1:] for row in rows if row[0] == "everyday"])
    yield from lists([row[1:] for row in rows if row[0] == "list"])
