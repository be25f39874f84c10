"""lab.py - what every section measures with: the libraries and programs, runs of them, rounds that alternate."""
import os
import shutil
import subprocess
from dataclasses import dataclass

SKIPPED = 77  # as for tests
LIMIT_SECONDS = 900  # that no run exceeds


class Skipped(Exception):
    """Something cannot be measured here; says why."""


def output_of(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS)
    if done.returncode == SKIPPED:
        raise Skipped(done.stderr.strip() or "the kernel refuses")
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return done


def lines_of(command):
    return output_of(command).stdout.splitlines()


def run(command):
    """The numbers that a program printed."""
    return [float(word) for word in output_of(command).stdout.split()]


def alternating(ways, measure, rounds):
    """measure(way) for each way in turn, `rounds` times, the order changing."""
    results = {way: [] for way in ways}
    for number in range(rounds):
        for way in ways if number % 2 == 0 else list(reversed(ways)):
            results[way].append(measure(way))
    return results


def alternating_commands(commands, rounds):
    """The order in which alternating() runs, for those who run all at once: names of `commands`."""
    order = []
    alternating(list(commands), order.append, rounds)
    return order


def have(program):
    return shutil.which(program) is not None


@dataclass(frozen=True)
class Lab:
    build: str  # folder of the build
    source: str  # root of the source tree
    libpcap: str
    plan: object

    @property
    def capstan(self):
        return os.path.join(self.build, "lib", "libcapstan.so.1")

    @property
    def libraries(self):
        return {"libpcap": self.libpcap, "capstan": self.capstan}

    @property
    def netlab(self):
        """Runs a command in a network of its own: "left" and "right", the ends of a pair."""
        return os.path.join(self.build, "tests", "live", "netlab")

    @property
    def everyday(self):
        """File of filter expressions."""
        return os.path.join(self.source, "tests", "data", "filters", "everyday.txt")

    def program(self, name):
        return os.path.join(self.build, "bench", "bench_" + name)

    def in_netlab(self, name, *arguments):
        """The command that runs a program of ours in such a network."""
        return [self.netlab, self.program(name), *map(str, arguments)]

    def in_rounds(self, measure, ways=None, rounds=None):
        """measure(what the way's name stands for) of each of `ways`, the two libraries if none are given."""
        ways = ways or self.libraries
        return alternating(list(ways), lambda name: measure(ways[name]), rounds or self.plan.rounds)
