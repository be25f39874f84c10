#!/usr/bin/env python3
"""examples_test.py BUILD ROOT - each program of examples/, compiled by each compiler against an installed tree, run in a
network namespace of its own: what it prints of traffic that is known."""
import glob
import gzip
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
import namespace  # noqa: E402
from installed import LIMIT, WARNINGS, Tree, call  # noqa: E402

namespace.enter(("-nm",), ("-Urnm",))
BUILD, ROOT = (os.path.abspath(path) for path in sys.argv[1:3])
DEMO = os.path.join(ROOT, "tests", "data", "demo.pcap")
FRAMES = 40
tree = None


# ---- programs ----

def build_all():
    global tree
    call("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", os.path.abspath("root"))
    capstan, = glob.glob("root/**/bin/capstan", recursive=True)
    tree = Tree(os.path.abspath(os.path.dirname(os.path.dirname(capstan))), sysroot=os.path.abspath("root"))
    flags = tree.flags("--cflags", "--libs", "capstan")
    shutil.copytree(os.path.join(ROOT, "examples"), "examples")
    for compiler in filter(shutil.which, ("gcc", "clang")):
        for source in sorted(glob.glob("examples/*.c")):
            tree.call(compiler, *WARNINGS, source, *flags, "-o", "compiled")
    # Those that are run are built as a user would.
    tree.call("make", "-C", "examples", "-j2")


def example(name, *arguments, status=0):
    """Its standard output, when it has ended by itself; or standard error, where it has to fail."""
    done = subprocess.run([f"examples/{name}", *arguments], env=tree.running, capture_output=True, text=True,
                          timeout=LIMIT, check=False)
    assert done.returncode == status, f"{name}: {done}"
    return done.stderr if status else done.stdout


class Capture:
    """One that goes on until Ctrl-C, known to have begun."""

    def __init__(self, name, *arguments, said="capturing on"):
        self.lines = []
        self.program = subprocess.Popen([f"examples/{name}", *arguments], env=tree.running, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.program.stderr.readline()
        assert line.startswith(said), line

    def read(self, enough):
        """Its lines, until `enough` says so of them."""
        while not enough(self.lines):
            line = self.program.stdout.readline()
            assert line, f"it ended: {self.lines} {self.program.stderr.read()}"
            self.lines.append(line.rstrip("\n"))

    def end(self):
        self.program.send_signal(signal.SIGINT)
        out, err = self.program.communicate(timeout=LIMIT)
        assert self.program.returncode == 0 and not err, (self.program.returncode, err)
        return self.lines + out.splitlines()


# ---- traffic ----

def lay_cable():
    call("ip", "link", "set", "lo", "up")
    call("ip", "link", "add", "left", "type", "veth", "peer", "name", "right")
    for device, address in (("left", "192.0.2.1/24"), ("right", "198.51.100.1/24")):
        call("ip", "address", "add", address, "dev", device)
        call("ip", "link", "set", device, "addrgenmode", "none", "mtu", "1400", "up")


def hardware_address(device):
    return re.search(r"link/ether (\S+)", call("ip", "-o", "link", "show", device)).group(1)


def frame(number, size=100):
    """Every fourth one is ARP, the others UDP from 10.0.0.1 to 10.0.x.y, the number."""
    if number % 4 == 3:
        return (b"\2\0\0\0\0\2" b"\2\0\0\0\0\1" b"\x08\x06").ljust(size, b"\0")
    udp = struct.pack(">HHHH", 1000, 2000, size - 34, 0).ljust(size - 34, b"\0")
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size - 14, number, 0, 64, 17, 0, b"\n\0\0\1",
                     struct.pack(">BBH", 10, 0, number))
    return b"\2\0\0\0\0\2" b"\2\0\0\0\0\1" b"\x08\0" + ip + udp


def send(device, count=FRAMES, size=100):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((device, 0))
        for number in range(count):
            wire.send(frame(number, size))


def write_savefile(name, stamps):
    with open(name, "wb") as file:
        file.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, us in enumerate(stamps):
            data = frame(number)
            file.write(struct.pack("=IIII", 1700000000 + us // 1000000, us % 1000000, len(data), len(data)) + data)


# ---- the tests: one for each example ----

def test_list_devices():
    said = example("list_devices")
    devices = {text.split(":")[0]: text for text in re.split(r"^(?=\S)", said, flags=re.M) if text}
    assert devices["left"].startswith("left: up"), said
    assert "\n    192.0.2.1\n" in devices["left"] and f"\n    {hardware_address('left')}\n" in devices["left"], said
    assert devices["lo"].startswith("lo: up, loopback\n") and "\n    127.0.0.1\n" in devices["lo"], said


def test_print_packets():
    capture = Capture("print_packets", "right", "ether src 02:00:00:00:00:01 and udp")
    send("left")
    capture.read(lambda lines: len(lines) == FRAMES * 3 // 4)
    lines = capture.end()
    assert lines[-1] == f"{FRAMES * 3 // 4} packets received, 0 dropped", lines
    line = r"\d\d:\d\d:\d\d\.\d{6}   100 bytes  02:00:00:00:00:01 > 02:00:00:00:00:02  type 0800"
    assert all(re.fullmatch(line, text) for text in lines[:-1]), lines
    assert "column 5" in example("print_packets", "right", "tcp prot 80", status=1)


def test_meter():
    capture = Capture("meter", "right", "ether src 02:00:00:00:00:01 and udp", said="counting on right, engine ")
    send("left")
    totals = [0, 0]

    def all_counted(lines):
        if lines:
            for at, number in enumerate(re.match(r"(\d+) packets, (\d+) bytes", lines[-1]).groups()):
                totals[at] += int(number)
        return totals[0] >= FRAMES * 3 // 4

    capture.read(all_counted)
    capture.end()
    assert totals == [FRAMES * 3 // 4, FRAMES * 3 // 4 * 100], totals


def test_two_captures():
    capture = Capture("two_captures", "left", "right")
    send("left", size=301)
    send("right", size=302)
    wanted = [f"{device}: {size} bytes" for device in ("left", "right") for size in (301, 302)]
    capture.read(lambda lines: all(lines.count(line) == FRAMES for line in wanted))
    capture.end()


def test_replay():
    stamps = [0, 1, 200000, 200001, 500000]
    write_savefile("timed.pcap", stamps)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire:
        wire.bind(("right", 3))
        wire.settimeout(10)
        began = time.monotonic()
        said = example("replay", "left", "timed.pcap")
        took = time.monotonic() - began
        size = len(stamps) * (16 + 100)
        assert said.startswith(f"sent {size} of {size} bytes"), said
        assert took >= 0.5, took
        came = []
        while len(came) < len(stamps):
            data = wire.recv(2000)
            if data[6:12] == b"\2\0\0\0\0\1":
                came.append(data)
        assert came == [frame(number) for number in range(len(stamps))]
    call("ip", "link", "set", "left", "down")
    assert "left" in example("replay", "left", "timed.pcap", status=1)
    call("ip", "link", "set", "left", "up")


def test_many_hosts():
    write_savefile("ten.pcap", range(10))
    with open("hosts", "w", encoding="ascii") as file:
        file.writelines(f"172.16.{number >> 8}.{number & 255}\n" for number in range(9998))
        file.write("10.0.0.2\n\n10.0.0.5\n")
    said = example("many_hosts", "hosts", "ten.pcap")
    assert re.fullmatch(r"10000 hosts: \d+ instructions, compiled in [\d.]+ ms\n2 of 10 packets\n", said), said
    assert "no addresses" in example("many_hosts", "/dev/null", "ten.pcap", status=1)
    with open("hosts", "a", encoding="ascii") as file:
        file.write("not.an,address\n")
    assert "column" in example("many_hosts", "hosts", "ten.pcap", status=1)


def capture_two(patience):
    """How many of the frames sent are in the file, an interface each, when it is ended after so many seconds."""
    program = subprocess.Popen(["examples/two_interfaces", "two.pcapng.gz", "left", "right"], env=tree.running)
    end = time.monotonic() + LIMIT
    listening = 0
    while listening < 2:
        assert program.poll() is None and time.monotonic() < end, "no capture began"
        with open("/proc/net/packet", encoding="ascii") as file:
            numbers = [int(line.split()[4]) for line in list(file)[1:]]
        listening = sum(numbers.count(socket.if_nametoindex(device)) == 1 for device in ("left", "right"))
        time.sleep(0.02)
    send("left", size=301)
    time.sleep(patience)
    program.send_signal(signal.SIGINT)
    assert program.wait(LIMIT) == 0
    return [len(tree.call(tree.capstan, "read", "--interface", device, "two.pcapng.gz", "len == 301").splitlines())
            for device in ("left", "right")]


def test_two_interfaces():
    # Nothing is in the file before its end, so nothing tells that the packets have come.
    found = next((found for found in map(capture_two, (0.5, 2, 8)) if found == [FRAMES, FRAMES]), None)
    assert found, "some frames are missing"
    with gzip.open("two.pcapng.gz") as file:
        assert file.read(4) == b"\n\r\r\n"


def test_two_interfaces_with_damage():
    """One file's damage is told, and what is sound of both is kept."""
    write_savefile("sound.pcap", range(10))
    shutil.copy("sound.pcap", "cut.pcap")
    os.truncate("cut.pcap", os.path.getsize("cut.pcap") - 1)
    said = example("two_interfaces", "both.pcapng", "file://cut.pcap", "file://sound.pcap", status=1)
    assert said.startswith("two_interfaces: ") and said.count("\n") == 1, said
    assert len(tree.call(tree.capstan, "read", "both.pcapng").splitlines()) == 9 + 10


def test_compress():
    lines = tree.call(tree.capstan, "read", DEMO)
    for suffix, program in ((".gz", "gzip"), (".zst", "zstd"), (".lz4", "lz4"), ("", None)):
        out = f"out.pcap{suffix}"
        packets = len(lines.splitlines())
        assert example("compress", DEMO, out) == f"{packets} packets\n"
        again = tree.call(tree.capstan, "read", out)
        assert re.sub(r"(\.\d{6})000 ", r"\1 ", again) == lines, out
        if program and shutil.which(program):
            call(program, "-t", out)
    os.symlink("/dev/full", "full.pcap")
    assert "No space left" in example("compress", DEMO, "full.pcap", status=1)
    os.link("out.pcap", "same.pcap")
    assert "the same file" in example("compress", "out.pcap", "same.pcap", status=1)
    assert tree.call(tree.capstan, "read", "same.pcap") == again


def test_ask_interface():
    said = example("ask_interface", "left")
    assert f"\naddress: {hardware_address('left')}\n" in said, said
    assert said.startswith("link: connected\nspeed: 10000 Mbit/s\n"), said
    assert "\nOID_GEN_MAXIMUM_FRAME_SIZE: 1400 bytes\n" in said, said
    assert re.search(r"^OID_GEN_XMIT_OK: [1-9]\d*", said, re.M), said


def test_few_wakeups():
    count, size = 1000, 1000

    def all_came(lines):
        return sum(int(line.split()[0]) for line in lines) >= count

    capture = Capture("few_wakeups", "right", "200000")
    began = time.monotonic()
    send("left", count, size)
    capture.read(all_came)
    took = time.monotonic() - began
    packets, data, wakeups = map(int, re.findall(r"\d+", capture.end()[-1]))
    assert packets == count and data == count * size, (packets, data)
    # A tenth of a packet's share each, and the half seconds, and one in which it began.
    assert wakeups <= count * size / 100000 + took / 0.5 + 2, (wakeups, took)


def test_wrong_calls():
    for source in glob.glob("examples/*.c"):
        name = os.path.splitext(os.path.basename(source))[0]
        if name == "list_devices":
            continue
        said = example(name, status=2)
        usage = re.fullmatch(rf"usage: {name}((?: \[?[A-Z]+\]?)+)\n", said)
        assert usage, said
        arguments = [{"BYTES": "7", "OUT": "out.pcap"}.get(word, "nowhere") for word in usage.group(1).split() if word[0] != "["]
        said = example(name, *arguments, status=1)
        assert "nowhere" in said, (name, said)


def main():
    missing = [program for program in ("ip", "make", "meson", "pkg-config", "gcc") if not shutil.which(program)]
    if missing:
        print(f"skipped: needs {', '.join(missing)}")
        sys.exit(namespace.SKIP)
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        build_all()
        lay_cable()
        for name, test in list(globals().items()):
            if not name.startswith("test_"):
                continue
            began = time.monotonic()
            try:
                test()
                print(f"ok {name} ({time.monotonic() - began:.1f} s)", flush=True)
            except (AssertionError, subprocess.SubprocessError, OSError) as error:
                failures += 1
                print(f"FAIL {name}: {error}", flush=True)
        os.chdir("/")
    sys.exit(1 if failures else 0)


main()
