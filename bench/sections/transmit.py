"""transmit.py - send queues, back to back: frames that arrive a second, beside a loop of calls and tcpreplay."""
from lab import alternating, have
from rows import column, paired

from .sending import send

SIZES = (60, 1400)
ENGINES = ("auto", "socket")  # both can send in every way the peer may be
PEERS = {"loop": "libpcap", "tcpreplay": "tcpreplay"}
PLACES = {"plain": "peer without XDP", "gro": "peer with GRO", "drop": "peer that drops by XDP"}
RATE, SENT, ARRIVED, _ = range(4)


def losses(named):
    """Of {name: rounds}: who of them lost how many frames."""
    counts = {name: sum(int(r[SENT] - r[ARRIVED]) for r in rounds) for name, rounds in named.items()}
    return ", ".join(f"{name}: {count} did not arrive" for name, count in counts.items() if count)


def measure(lab):
    others = [name for name in PEERS if name == "loop" or have(name)]
    ways = others + ["queue:" + engine for engine in ENGINES]
    for receiver in lab.plan.peers:
        for size in SIZES:
            results = alternating(ways, lambda way, s=size, r=receiver: send(lab, "rate", way, lab.plan.sent_packets, s, r),
                                  lab.plan.rounds)
            rates = {way: [rate / 1e6 for rate in column(rounds, RATE)] for way, rounds in results.items()}
            for engine in ENGINES:
                what, way = "send queue" if engine == "auto" else f"send queue, {engine}", "queue:" + engine
                for other in others:
                    yield paired(f"{what}, {size} B, {PLACES[receiver]}", "Mpps", PEERS[other], rates[other], rates[way],
                                 more_is_better=True, is_detail=engine != "auto",
                                 notes=losses({PEERS[other]: results[other], "Capstan": results[way]}))
