"""sync.py - send queues by the clock: what the kernel's receive stamps at the peer say."""
from statistics import median

from lab import alternating, have
from rows import alone, column, paired

from .sending import send

PEERS = {"busy": "busy loop", "tcpreplay": "tcpreplay"}
OURS = "queue:socket"
_, MIDDLE_US, ERROR_US, LATE_US, DRIFT_US, MOST_LATE_US, CPU = range(7)


def described(rounds):
    middle, late, cpu = (median(column(rounds, number)) for number in (MIDDLE_US, LATE_US, CPU))
    return f"median {middle:.2f}, late {late:.0f} us, CPU {cpu:.0f} %"


def measure(lab):
    plan = lab.plan
    others = [name for name in PEERS if name == "busy" or have(name)]
    for gap in plan.gaps_us:
        results = alternating([*others, OURS], lambda way, g=gap: send(lab, "sync", way, plan.sync_seconds, g), plan.rounds)
        for other in others:
            yield paired(f"by the clock, gaps of {gap} us, 99th percentile", "us", PEERS[other],
                         column(results[other], ERROR_US), column(results[OURS], ERROR_US),
                         notes=f"{described(results[OURS])}; the peer's {described(results[other])}")
    long = send(lab, "sync", OURS, plan.drift_seconds, 1000)
    yield alone(f"by the clock, drift over {plan.drift_seconds:.0f} s", "us", [long[DRIFT_US]],
                notes=f"{long[MOST_LATE_US]:.0f} us late at most")
