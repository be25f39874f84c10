#!/usr/bin/env python3
"""dropin_lab.py - the world of tests that run unmodified programs on Capstan through the drop-in folder and on the
system's libpcap: a network namespace of its own with a pair of interfaces, a folder, and frames to send.
A test is called with DROPIN and FILE, the drop-in folder and a capture file that we ship, and ends in run_tests()."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import namespace
from namespace import LIMIT, SKIP

# Not as root of a user namespace but with its capabilities: a tcpdump that is root insists on becoming another user.
namespace.enter(("-nm",), ("-Unmc", "--keep-caps"))
DROPIN = os.path.abspath(sys.argv[1])
DEMO = os.path.abspath(sys.argv[2])
FOLDER = tempfile.mkdtemp()


class Skipped(Exception):
    pass


def need(program):
    if not shutil.which(program):
        raise Skipped(f"{program} is not installed")


# ---- running on either library ----

OURS, THEIRS = "ours", "libpcap"


def environment(library):
    env = dict(os.environ, LC_ALL="C", TZ="UTC", HOME=FOLDER)
    env.pop("LD_LIBRARY_PATH", None)
    if library == OURS:
        env["LD_LIBRARY_PATH"] = DROPIN
    return env


def run(library, *command):
    need(command[0])
    return subprocess.run(command, env=environment(library), capture_output=True, text=True, errors="replace",
                          timeout=LIMIT, cwd=FOLDER, stdin=subprocess.DEVNULL)


def same(*command):
    """Both libraries: the same exit status and output, and one that says something."""
    ours, theirs = run(OURS, *command), run(THEIRS, *command)
    assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr), \
        f"{command}: {ours}\nlibpcap: {theirs}"
    assert ours.stdout or ours.stderr, f"{command} said nothing: {ours}"


def start(library, *command, until):
    """A program in the background, once it has said `until` on standard error."""
    need(command[0])
    program = subprocess.Popen(command, env=environment(library), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               cwd=FOLDER, stdin=subprocess.DEVNULL)
    said = b""
    os.set_blocking(program.stderr.fileno(), False)
    end = time.monotonic() + LIMIT
    while until not in said:
        said += program.stderr.read() or b""
        if program.poll() is not None or time.monotonic() > end:
            program.kill()
            raise AssertionError(f"{command} did not start: {said}")
        time.sleep(0.01)
    os.set_blocking(program.stderr.fileno(), True)
    program.said = said
    return program


def finish(program):
    out, err = program.communicate(timeout=LIMIT)
    return out.decode(), (program.said + err).decode()


# ---- traffic ----

def frames():
    """Ethernet frames of many lengths: UDP, ARP, 802.1Q and 802.1ad tags, and what nobody knows."""
    for number in range(24):
        size = 60 + number * 61
        udp = struct.pack(">HHHH", 1000, 2000 + number, size - 34, 0)
        udp += bytes((number + at) & 255 for at in range(size - 42))
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size - 14, number, 0, 64, 17, 0, b"\n\0\0\1", b"\n\0\0\2")
        tag = (b"", b"", b"\x81\0\0\5", b"\x81\0\0\0", b"\x88\xa8\0\7\x81\0\0\x08")[number % 5]
        kind = b"\x88\xb5" if number % 7 == 6 else b"\x08\0"
        yield b"\2\0\0\0\0\2\2\0\0\0\0\1" + tag + kind + ip + udp[:size - 34 - len(tag)]


def send(device):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((device, 0))
        for frame in frames():
            wire.send(frame)
    return len(list(frames()))


def packets(name):
    """What a classic capture file in this machine's byte order holds: link type, and (length, bytes) of each."""
    with open(os.path.join(FOLDER, name), "rb") as file:
        data = file.read()
    magic, _, _, _, _, _, linktype = struct.unpack_from("=IHHiIII", data)
    assert magic in (0xA1B2C3D4, 0xA1B23C4D), hex(magic)
    at, found = 24, []
    while at < len(data):
        _, _, caplen, length = struct.unpack_from("=IIII", data, at)
        found.append((length, data[at + 16:at + 16 + caplen]))
        at += 16 + caplen
    return linktype, found


# ---- the tests ----

def lay_cable():
    subprocess.run(["ip", "link", "add", "left", "type", "veth", "peer", "name", "right"], check=True)
    for device in ("left", "right"):
        subprocess.run(["ip", "link", "set", device, "addrgenmode", "none", "up"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    end = time.monotonic() + LIMIT
    # Whether a link "runs" follows a little later, and device lists are sorted by it.
    while subprocess.run(["ip", "-o", "link"], check=True, capture_output=True).stdout.count(b"state UP") < 2:
        assert time.monotonic() < end, "the links do not come up"
        time.sleep(0.02)


def run_each(tests):
    failed = passed = 0
    for name, test in tests:
        began = time.monotonic()
        try:
            test()
            verdict, passed = "ok", passed + 1
        except Skipped as reason:
            verdict = f"skipped: {reason}"
        except (AssertionError, subprocess.TimeoutExpired) as reason:
            verdict, failed = f"FAILED: {reason}", failed + 1
        print(f"{name[5:].replace('_', ' ')} ({time.monotonic() - began:.1f} s): {verdict}", flush=True)
    return 1 if failed else 0 if passed else SKIP


def run_tests(names):
    """Every function of `names` that is called test_..., in order; ends the process with the verdict."""
    try:
        lay_cable()
        status = run_each([(name, test) for name, test in names.items() if name.startswith("test_")])
    finally:
        shutil.rmtree(FOLDER)
    sys.exit(status)
