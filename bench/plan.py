"""plan.py - how much of everything is measured: the whole, in less than 25 minutes, or a quick look, in about one."""
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plan:
    name: str
    rounds: int
    # Compiling and running filters.
    everyday_rounds: int
    longest_list: int
    patience_seconds: float  # that libpcap's compiler may take for one list
    filter_samples: int  # the best of so many stands for a round
    most_hosts: int  # in a filter that is run; libpcap takes a minute to compile a thousand
    # Savefiles.
    read_packets: dict  # of each mixture of sizes
    read_rounds: int
    packed_packets: int
    filtered_packets: int
    share_samples: int
    written_packets: dict  # of each size
    # Live handles.
    open_cycles: int
    list_cycles: int
    interfaces: tuple
    snaplens: tuple
    rates: tuple  # frames a second; 0: as fast as the sender can
    live_seconds: float  # of sending, at a given rate
    full_rate_packets: int
    counted_packets: int
    counting_rounds: int
    frame_sizes: tuple
    injected_packets: int
    sent_packets: int
    peers: tuple
    sync_seconds: float
    gaps_us: tuple
    drift_seconds: float


WHOLE = Plan(
    name="whole", rounds=5,
    everyday_rounds=9, longest_list=10_000, patience_seconds=3, filter_samples=3, most_hosts=1000,
    read_packets={"60 B": 10_000_000, "60-1514 B": 2_000_000}, read_rounds=9, packed_packets=400_000,
    filtered_packets=1_000_000, share_samples=5, written_packets={60: 5_000_000, 1400: 500_000},
    open_cycles=20, list_cycles=20, interfaces=(4, 400),
    snaplens=(96, 262_144), rates=(100_000, 300_000, 600_000, 900_000, 0), live_seconds=1, full_rate_packets=1_500_000,
    counted_packets=2_000_000, counting_rounds=7, frame_sizes=(64, 1400), injected_packets=300_000, sent_packets=1_000_000,
    peers=("plain", "gro", "drop"), sync_seconds=4, gaps_us=(50, 200, 1_000, 10_000), drift_seconds=30)

QUICK = replace(
    WHOLE, name="quick", rounds=2, everyday_rounds=3, longest_list=1000, patience_seconds=0.2, filter_samples=1, most_hosts=50,
    read_packets={"60 B": 1_000_000, "60-1514 B": 200_000}, read_rounds=3, packed_packets=60_000, filtered_packets=200_000,
    share_samples=2, written_packets={60: 500_000, 1400: 50_000}, open_cycles=5, list_cycles=5, interfaces=(4, 100),
    snaplens=(96,), rates=(300_000, 0), live_seconds=0.3, full_rate_packets=300_000, counted_packets=200_000,
    counting_rounds=2, frame_sizes=(64,), injected_packets=30_000, sent_packets=100_000, peers=("plain", "drop"), sync_seconds=0.5,
    gaps_us=(200, 10_000), drift_seconds=2)
