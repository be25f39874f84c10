#!/usr/bin/env python3
"""programs_test.py DROPIN FILE BUILD - programs in the style of the Npcap SDK's, compiled unmodified against the porting
kit with every compiler here, and run: on a pair of interfaces, and on FILE. plain/ has those for libpcap's API with some
of Windows in between, windows/ those for Windows' own."""
import contextlib
import glob
import gzip
import os
import pty
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "live"))
sys.dont_write_bytecode = True
from dropin_lab import DEMO, FOLDER, LIMIT, Skipped, need, packets, run_tests  # noqa: E402

BUILD = os.path.abspath(sys.argv[3])
STANDARDS = {"c": ["gnu89", "gnu99", "gnu11", "gnu17"], "c++": ["gnu++98", "gnu++11", "gnu++17"]}
# What is an error to gcc 14 unless a header says otherwise, for one that has not come to it yet. (clang 14 cannot be made
# to try; clang 16 does by itself.)
STRICT = ["-Werror=implicit-int", "-Werror=implicit-function-declaration", "-Werror=int-conversion",
          "-Werror=incompatible-pointer-types"]


# ---- building ----

FOLDERS = {"gcc": "gcc", "g++": "gxx", "clang": "clang", "clang++": "clangxx"}

def compilers(language):
    names = {"c": ("gcc", "clang"), "c++": ("g++", "clang++")}[language]
    return [name for name in names if shutil.which(name)]


def flags(which):
    """What pkg-config says of the build folder, as it will of an installed kit."""
    env = dict(os.environ, PKG_CONFIG_PATH=f"{BUILD}/meson-uninstalled")
    need("pkg-config")
    return shlex.split(subprocess.run(["pkg-config", which, "capstan-win32"], env=env, check=True, capture_output=True,
                                      text=True).stdout)


def sources():
    """Path and language of each program."""
    for path in sorted(glob.glob(f"{HERE}/plain/*.c") + glob.glob(f"{HERE}/windows/**/*.c*", recursive=True)):
        yield path, "c++" if path.endswith(".cpp") else "c"


def compile_all(compiler, language, options, objects=None):
    """Errors of compiling all programs of a language; with `objects`, link them into that folder."""
    failures = []
    cflags, libs = flags("--cflags"), flags("--libs")
    for path, its_language in sources():
        if its_language != language:
            continue
        output = ["-fsyntax-only"]
        if objects:
            name = os.path.join(objects, os.path.splitext(os.path.relpath(path, HERE))[0])
            os.makedirs(os.path.dirname(name), exist_ok=True)
            output = ["-o", name]
        done = subprocess.run([compiler, *options, *cflags, path, *output, *(libs if objects else [])],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            failures.append(f"{compiler} {options} {path}:\n{done.stderr}")
    return failures


def test_all_compile_in_every_standard():
    failures, count = [], 0
    for language, standards in STANDARDS.items():
        for compiler in compilers(language):
            for standard in standards:
                failures += compile_all(compiler, language, [f"-std={standard}", "-w"])
                count += 1
    assert not failures, "\n".join(failures)
    assert count, "no compiler was found"


def test_all_compile_where_gcc_is_strict():
    need("gcc")
    failures = compile_all("gcc", "c", ["-std=gnu17", *STRICT])
    assert not failures, "\n".join(failures)


def test_all_link():
    for language in STANDARDS:
        for compiler in compilers(language):
            failures = compile_all(compiler, language, ["-O1", "-w"], f"{FOLDER}/{FOLDERS[compiler]}")
            assert not failures, "\n".join(failures)
    assert os.path.exists(built("plain/iflist"))


# ---- running ----

def built(program):
    """The program by the first compiler that there was."""
    for folder in FOLDERS.values():
        if os.path.exists(f"{FOLDER}/{folder}/{program}"):
            return f"{FOLDER}/{folder}/{program}"
    raise Skipped(f"{program} was not built")


ENV = dict(os.environ, LC_ALL="C", TZ="UTC", LD_LIBRARY_PATH=f"{BUILD}/lib")


def run(program, *arguments, stdin=""):
    return subprocess.run([built(program), *arguments], env=ENV, input=stdin, capture_output=True, text=True,
                          errors="replace", timeout=LIMIT, cwd=FOLDER, check=False)


def well(done):
    """Its output, if it did well. (The exit status of a `void main` is whatever was left in a register.)"""
    assert done.returncode >= 0 and done.stderr == "", done
    return done.stdout


def number_of(device, program):
    """What to answer the program's question with: the device's place in the list."""
    listing = run(program, stdin="rpcap://\n")
    names = [re.sub(".*rpcap://", "", line) for line in listing.stdout.splitlines() if line[:1] not in ("\t", "")]
    assert device in names, listing
    return f"{names.index(device) + 1}\n"


def datagram(number, source=b"\n\t\0\2", target=b"\n\t\0\1"):
    data = bytes((number + at) & 255 for at in range(32))
    udp = struct.pack(">HHHH", 1111, 2222, 8 + len(data), 0) + data
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xffff, 0, 64, 17, 0, source, target)
    return b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0" + ip + udp


def wire(device):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    link.bind((device, 0))
    return link


@contextlib.contextmanager
def traffic():
    """Datagrams from `right` to `left`, one every few milliseconds, as long as the block lasts."""
    stop = threading.Event()

    def send():
        number = 0
        with wire("right") as link:
            while not stop.wait(0.005):
                link.send(datagram(number))
                number += 1

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        stop.set()
        sender.join()


@contextlib.contextmanager
def receiver(device):
    """Frames that arrive at `device` during the block, in order, to be asked for by the yielded function."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as link:
        link.bind((device, 3))
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)

        def received(count):
            frames = []
            link.settimeout(2)
            with contextlib.suppress(TimeoutError, socket.timeout):
                while len(frames) < count:
                    frame, origin = link.recvfrom(65536)
                    if origin[2] != socket.PACKET_OUTGOING and frame[12:14] != b"\x86\xdd":
                        frames.append(frame)
            return frames

        yield received


def test_the_adapters_have_addresses():
    """For the tests below."""
    subprocess.run(["ip", "addr", "add", "10.9.0.1/20", "dev", "left"], check=True)
    subprocess.run(["ip", "addr", "add", "fd00::9/64", "dev", "left", "nodad"], check=True)
    subprocess.run(["ip", "link", "add", "near", "type", "veth", "peer", "name", "far"], check=True)
    for device in ("near", "far"):
        subprocess.run(["ip", "link", "set", device, "addrgenmode", "none", "up"], check=True)


# ---- plain/ ----

UDP_LINE = r"\d\d:\d\d:\d\d\.\d{6} len:74 10\.9\.0\.2\.1111 -> 10\.9\.0\.1\.2222\n"
TIME_LINE = r"\d\d:\d\d:\d\d,\d{6} len:74\n"


def lines_of(program, pattern, count, stdin, *arguments):
    with traffic():
        said = well(run(program, *arguments, stdin=stdin))
    found = re.findall(pattern, said)
    assert len(found) == count, said
    return said


def test_plain_udp_dump():
    said = lines_of("plain/udp_dump", UDP_LINE, 3, number_of("left", "plain/iflist"))
    assert "netmask fffff000\n" in said, said
    # Of an adapter without an IP address it takes none.
    said = lines_of("plain/udp_dump", UDP_LINE, 3, number_of("right", "plain/iflist"))
    assert "netmask ffffff00\n" in said, said
    assert "no such adapter" in run("plain/udp_dump", stdin="99\n").stdout


def test_plain_basic_dump():
    lines_of("plain/basic_dump", TIME_LINE, 3, number_of("left", "plain/iflist"))


def test_plain_basic_dump_ex():
    lines_of("plain/basic_dump_ex", r"\d+\.\d{6} len:74 first:02\n", 3, number_of("left", "plain/iflist"))


def adapter(listing, name):
    """The lines about one adapter."""
    found = re.search(rf"^{name}\n((?:\t.*\n)*)", listing, re.M)
    assert found, listing
    return found.group(1)


def test_plain_iflist():
    listing = well(run("plain/iflist"))
    left = adapter(listing, "left")
    assert "\tAddress: 10.9.0.1\n\tNetmask: 255.255.240.0\n" in left and "\tAddress: fd00::9\n" in left, left
    assert "\tLoopback: yes\n" in adapter(listing, "lo"), listing
    # Not the link-level ones, as on Windows: they have no netmask.
    assert "Address" not in adapter(listing, "right") and "family" not in listing, listing


def test_plain_pcap_filter():
    with traffic():
        said = well(run("plain/pcap_filter", "-i", "left", "-o", "filtered", "-f", "udp port 2222", "-n", "5"))
    assert said == "5 of 2147483647\n", said
    linktype, found = packets("filtered")
    assert linktype == 1 and [frame[12:14] for _, frame in found] == [b"\x08\0"] * 5, found


def test_plain_pktdump_ex():
    lines_of("plain/pktdump_ex", r"02 00 00 00 00 02 02 00 00 00 00 01 08 00 45 00 \n", 2,
             number_of("left", "plain/iflist"))


def summed(path):
    """What the readers print."""
    with open(path, "rb") as file:
        data = file.read()
    order, at, lines = "=", 24, []
    while at < len(data):
        sec, usec, caplen, length = struct.unpack_from(order + "IIII", data, at)
        lines.append(f"{len(lines) + 1}: {sec}.{usec:06} ({length}) {sum(data[at + 16:at + 16 + caplen])}\n")
        at += 16 + caplen
    return "".join(lines)


def test_plain_readers():
    for program in ("plain/readfile", "plain/readfile_ex"):
        said = well(run(program, DEMO))
        assert said == summed(DEMO), said


def test_plain_savedump():
    with traffic():
        well(run("plain/savedump", "saved", stdin=number_of("left", "plain/iflist")))
    _, found = packets("saved")
    assert [length for length, _ in found] == [74] * 3, found


def test_plain_sendpack():
    with receiver("right") as received:
        said = well(run("plain/sendpack", "left"))
        frames = received(1)
    # What stands behind the address it stored is still there.
    assert said == "sent from 10.9.0.1, aadd\n", said
    assert [frame[26:34] for frame in frames] == [b"\n\t\0\1\n\t\0\x4d"], frames


def test_plain_stats():
    with traffic():
        said = well(run("plain/stats", "left", "2", "udp"))
    found = re.fullmatch(r"received (\d+) dropped \d+\nreceived (\d+) dropped \d+\n", said)
    assert found and 0 < int(found.group(1)) < int(found.group(2)), said


def test_plain_stress():
    said = well(run("plain/stress", "left", "700"))
    # It sees what others send, not what it sends by another handle: that it does, too.
    assert said == "sent some received some opened some failures 0\n", said


# ---- windows/ ----

def test_windows_udp_dump():
    said = lines_of("windows/udp_dump", UDP_LINE, 3, number_of("left", "windows/iflist"))
    assert "mask fffff000\n" in said, said
    assert "Out of range" in run("windows/udp_dump", stdin="99\n").stdout


def test_windows_iflist():
    for source in ("rpcap://", "rpcap://\n", "rpcap:// \t\n"):
        done = run("windows/iflist", stdin=source)
        assert done.returncode == 1 and not done.stderr, done
        listing = re.sub("^Source.*: rpcap", "rpcap", done.stdout)
        left = adapter(listing, "rpcap://left")
        assert "\tAddress: 10.9.0.1\n\tNetmask: 255.255.240.0\n" in left and "\tAddress: fd00::9\n" in left, left
    os.makedirs(f"{FOLDER}/files")
    shutil.copy(DEMO, f"{FOLDER}/files/demo")
    assert f"file://{FOLDER}/files/demo\n" in run("windows/iflist", stdin=f"file://{FOLDER}/files\n").stdout


def test_windows_basic_dumps():
    for program in ("basic_dump", "basic_dump_ex"):
        lines_of(f"windows/misc/{program}", TIME_LINE, 3, number_of("left", "windows/iflist"))


def test_windows_readers():
    for program in ("readfile", "readfile_ex"):
        said = well(run(f"windows/misc/{program}", DEMO))
        assert said == summed(DEMO), said


def test_windows_savedump():
    with traffic():
        well(run("windows/misc/savedump", "saved_too", stdin=number_of("left", "windows/iflist")))
    _, found = packets("saved_too")
    assert [length for length, _ in found] == [74] * 3, found


def test_windows_sendpack():
    with receiver("right") as received:
        for source in ("rpcap://left", "left"):
            assert well(run("windows/misc/sendpack", source)) == "sent\n"
        frames = received(2)
    assert frames == [b"\1" * 6 + b"\2" * 6 + bytes(range(12, 100))] * 2, frames


def test_windows_pcap_filter():
    said = well(run("windows/pcap_filter", "-s", f"file://{DEMO}", "-o", "demo_udp", "-f", "udp"))
    _, found = packets("demo_udp")
    _, everything = packets(DEMO)
    assert said == f"{len(found)} packets\n" and 0 < len(found) < len(everything), said
    assert "rpcap://left\n" in run("windows/pcap_filter", "-f", "udp").stdout


def test_windows_pktdump_ex():
    first = r"02 00 00 00 00 02 02 00 00 00 00 01 08 00 45 00 \n"
    lines_of("windows/pktdump_ex", first, 2, number_of("left", "windows/iflist"))
    lines_of("windows/pktdump_ex", first, 2, "", "rpcap://left")


def test_windows_pcap_fopen():
    need("gzip")
    with open(DEMO, "rb") as demo, gzip.open(f"{FOLDER}/demo.gz", "wb") as packed:
        packed.write(demo.read())
    _, found = packets(DEMO)
    said = well(run("windows/pcap_fopen", shutil.which("gzip"), "demo.gz"))
    assert said.endswith(f"{len(found)} packets, {sum(length for length, _ in found)} bytes\n"), said
    assert "error 2\n" in run("windows/pcap_fopen", "/nonexistent/gzip", "demo.gz").stdout


def save(name, gap_us, count, longer=0):
    """A savefile of datagrams, each `longer` than the one before."""
    with open(f"{FOLDER}/{name}", "wb") as file:
        file.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number in range(count):
            frame = datagram(number) + bytes(number * longer)
            at = 1000000000 + number * gap_us
            file.write(struct.pack("=IIII", at // 1000000, at % 1000000, len(frame), len(frame)) + frame)


def test_windows_sendcap():
    save("gaps", 20000, 21)
    save("sizes", 0, 145, 10)
    for name, options in (("gaps", ()), ("gaps", ("s",)), ("sizes", ())):
        sent = [frame for _, frame in packets(name)[1]]
        began = time.monotonic()
        with receiver("right") as received:
            said = well(run("windows/sendcap", name, "left", *options))
            frames = received(len(sent))
        took = time.monotonic() - began
        assert re.fullmatch(rf"{len(sent)} packets, \d+ bytes, all of the file: yes\n", said), said
        assert frames == sent, (name, len(frames))
        assert not options or took >= 0.4, took


def test_windows_smp_1():
    # A pipe has no more to give: no key ends it.
    with traffic():
        said = well(run("windows/smp_1", stdin="rpcap://left\nx"))
    assert "key 120\n3 packets\n" in said, said
    with traffic():
        said = well(run("windows/smp_1", stdin="rpcap://left\nxy"))
    assert "key 120\n0 packets, and a key\n" in said, said


def test_windows_smp_1_on_a_terminal():
    """A key without Enter, and the line that was read before leaves none behind; then the terminal is as it was."""
    import termios
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    program = subprocess.Popen([built("windows/smp_1")], env=ENV, stdin=slave, stdout=slave, stderr=slave, cwd=FOLDER,
                               start_new_session=True, preexec_fn=lambda: __import__("fcntl").ioctl(0, termios.TIOCSCTTY))
    said = b""

    def until(text):
        nonlocal said
        end = time.monotonic() + LIMIT
        while text not in said:
            assert time.monotonic() < end and program.poll() is None, said
            said += os.read(master, 4096)

    try:
        until(b"Which? ")
        os.write(master, b"rpcap://left\n")
        until(b"Press a key.")
        time.sleep(0.3)
        os.write(master, b"\r")
        until(b"key 13")
        with traffic():
            until(b"3 packets")
        program.wait(timeout=LIMIT)
        assert termios.tcgetattr(slave) == before, "the terminal is left in another mode"
    finally:
        program.kill()
        program.wait()
        os.close(master)
        os.close(slave)


def test_windows_tcptop():
    with traffic():
        said = well(run("windows/tcptop", "left", "udp port 2222"))
        silent = well(run("windows/tcptop", "left", "tcp"))
    found = re.findall(r"^\d\d:\d\d:\d\d BPS=(\d+) PPS=(\d+) packets=(\d+)$", said, re.M)
    assert len(found) == 3 and all(int(line[2]) > 10 for line in found), said
    # From the second on the interval is known: packets/s fit to bits/s, frames of 74 bytes.
    for bits, rate, _ in found[1:]:
        assert abs(int(bits) - int(rate) * 74 * 8) <= 74 * 8, said
    assert len(re.findall(r"BPS=0 PPS=0 packets=0$", silent, re.M)) == 3, silent


def test_windows_netmeter():
    with traffic():
        said = well(run("windows/netmeter", "rpcap://left", "1050"))
    found = re.fullmatch(r"(\d+) packets, (\d+) bytes in (\d+) records, ended with -2\n", said)
    assert found, said
    count, total, records = map(int, found.groups())
    assert count > 20 and total == 74 * count and 5 <= records <= 10, said
    assert "no such adapter" in run("windows/netmeter", "rpcap://nowhere0", "1").stdout


def test_windows_bridge():
    answers = number_of("right", "windows/iflist") + number_of("near", "windows/iflist")
    frames = [datagram(number) for number in range(30)]
    program = subprocess.Popen([built("windows/bridge")], env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, cwd=FOLDER)
    try:
        program.stdin.write(answers)
        program.stdin.close()
        while True:
            line = program.stdout.readline()
            assert line, "the bridge did not start"
            if "bridging" in line:
                break
        for one, other in (("left", "far"), ("far", "left")):
            time.sleep(0.3)
            with receiver(other) as received, wire(one) as link:
                for frame in frames:
                    link.send(frame)
                got = received(len(frames) + 1)
            assert got == frames, f"{one} to {other}: {len(got)} of {len(frames)}"
        program.send_signal(signal.SIGINT)
        said = program.stdout.read()
        assert program.wait(timeout=LIMIT) == 0, said
        assert sorted(said.splitlines()) == ["direction 0 forwarded 30", "direction 1 forwarded 30"], said
    finally:
        program.kill()
        program.wait()


def packet_sockets():
    with open("/proc/net/packet", encoding="ascii") as file:
        return len(file.readlines())


def test_windows_events():
    """Two captures and a user's event in one WaitForMultipleObjects()."""
    before = packet_sockets()
    program = subprocess.Popen([built("windows/events"), "left", "far", "1500"], env=ENV, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, cwd=FOLDER)
    end = time.monotonic() + LIMIT
    while packet_sockets() < before + 2 and program.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)
    for device, count in (("right", 20), ("near", 7)):
        with wire(device) as link:
            for number in range(count):
                link.send(datagram(number))
    said, _ = program.communicate(timeout=LIMIT)
    assert said == "20 and 7 packets, woken at most once a packet\n" and program.returncode == 0, said


run_tests(globals())
