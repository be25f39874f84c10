"""rows.py - a row of the benchmark's table, and how it is made of what the rounds measured."""
import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One metric. `ratio` is the median of the rounds' ratios, above 1 where Capstan is the better one; `low` and `high`
    are the least and the greatest of them. None: there is none, or nobody to compare with."""
    metric: str
    unit: str
    peer: str
    theirs: float | None
    ours: float
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    rounds: int = 1
    floor: float | None = None  # the same done without a library, in the same unit
    notes: str = ""
    is_detail: bool = False  # one of many that another row sums up


@dataclass(frozen=True)
class Spread:
    """Ratios of rounds: their median, the least and the greatest."""
    median: float
    low: float
    high: float
    count: int  # of ratios

    def __str__(self):
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def spread(above, below):
    """Of the pairs' ratios above / below, without those that have no quotient. None if no pair is left."""
    ratios = [a / b for a, b in zip(above, below) if a > 0 and b > 0]
    return Spread(statistics.median(ratios), min(ratios), max(ratios), len(ratios)) if ratios else None


def paired(metric, unit, peer, theirs, ours, *, more_is_better=False, floor=None, notes="", is_detail=False):
    """A row of the numbers that rounds gave, a round's in the same place of each list."""
    ratios = spread(ours, theirs) if more_is_better else spread(theirs, ours)
    left_out = len(ours) - (ratios.count if ratios else 0)
    if left_out:
        notes = "; ".join(filter(None, (notes, f"no ratio in {left_out} of {len(ours)} rounds")))
    return Row(metric, unit, peer, statistics.median(theirs), statistics.median(ours),
               *((ratios.median, ratios.low, ratios.high) if ratios else (None, None, None)),
               rounds=len(ours), floor=statistics.median(floor) if floor else None, notes=notes, is_detail=is_detail)


def alone(metric, unit, ours, *, notes="", is_detail=False):
    """A row of a metric that nobody else has."""
    return Row(metric, unit, "", None, statistics.median(ours), rounds=len(ours), notes=notes, is_detail=is_detail)


def geometric(series):
    """Of several series of rounds, one: a round's geometric mean."""
    return [statistics.geometric_mean(numbers) for numbers in zip(*series)]


def column(rounds, number):
    return [numbers[number] for numbers in rounds]
