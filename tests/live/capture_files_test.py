#!/usr/bin/env python3
"""capture_files_test.py CAPSTAN - what `capstan capture -w` writes: files that follow each other as tcpdump's do on the same
traffic; pcapng with all that is known; compressed files that survive whatever ends the capture. In a network namespace of
its own."""
import glob
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import namespace
import running
from namespace import LIMIT

namespace.enter(("-nm",), ("-Urnm",))
CAPSTAN = os.path.abspath(sys.argv[1])
FOLDER = tempfile.mkdtemp()
TCPDUMP = shutil.which("tcpdump")
children = []


def path(*names):
    return os.path.join(FOLDER, *names)


def sh(*command):
    subprocess.run(command, check=True)


def frame(number, size):
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x88\xb5" + struct.pack(">I", number) + bytes(size - 18)


def numbers_in(data):
    """The number in each frame of a classic savefile."""
    assert struct.unpack_from("<I", data)[0] in (0xA1B2C3D4, 0xA1B23C4D), "no savefile"
    numbers, at = [], 24
    while at < len(data):
        caplen, = struct.unpack_from("<8xI", data, at)
        assert at + 16 + caplen <= len(data), "the file ends in mid-record"
        numbers.append(struct.unpack_from(">I", data, at + 16 + 14)[0])
        at += 16 + caplen
    return numbers


class Traffic:
    """Numbered frames from one end of a cable."""
    sent = 0

    def send(self, count, size):
        with open(path("sent.pcap"), "wb") as f:
            f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
            for number in range(self.sent, self.sent + count):
                f.write(struct.pack("<IIII", 0, 0, size, size) + frame(number, size))
        self.sent += count
        subprocess.run([CAPSTAN, "send", "-i", "left", path("sent.pcap")], stderr=subprocess.PIPE, timeout=LIMIT, check=True)


def save_noise(count):
    """Numbered frames that do not compress, for `capstan send`."""
    with open(path("sent.pcap"), "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number in range(count):
            f.write(struct.pack("<IIII", 0, 0, 1018, 1018) + frame(number, 18) + os.urandom(1000))
    return path("sent.pcap")


def start(command, ready):
    log = open(path("log-%d" % len(children)), "w+b")
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
    child.log = log
    children.append(child)
    give_up = time.monotonic() + LIMIT
    while ready not in errors(child):
        assert child.poll() is None and time.monotonic() < give_up, errors(child)
        time.sleep(0.02)
    return child


def errors(child):
    with open(child.log.name) as f:
        return f.read()


def capstan(*arguments):
    return start([CAPSTAN, "capture", "-i", "right", "-B", "32768", *arguments], "capturing on right")


def tcpdump(*arguments):
    return start([TCPDUMP, "-i", "right", "-B", "32768", "-Z", "root", "-n", *arguments], "listening on right")


# When a packet is handed over counts, not when it came; so none may lie in a block. Short slots let many fit the ring.
AT_ONCE = {capstan: ("--immediate", "-s", "2000"), tcpdump: ("--immediate-mode", "-s", "2000")}


def finish(child, how=signal.SIGINT):
    """What it wrote to standard error."""
    if how:
        child.send_signal(how)
    status = child.wait(LIMIT)
    assert status == 0, f"exit status {status}: {errors(child)}"
    assert "0 packets dropped by kernel" in errors(child) or "0 dropped by kernel" in errors(child), errors(child)
    return errors(child)


def fresh(name):
    shutil.rmtree(path(name), ignore_errors=True)
    os.mkdir(path(name))


def files(folder):
    """{name: numbers of its frames}, and the sizes say the same."""
    found = {}
    for file in glob.glob(path(folder, "*")):
        with open(file, "rb") as f:
            found[os.path.basename(file)] = numbers_in(f.read())
    return found


def settle():
    """Both have taken what was sent: no packet waits for a block to fill."""
    time.sleep(0.4)


def at_begin_of_second():
    time.sleep(1.02 - time.time() % 1)


def capture_beside_tcpdump(name, options, traffic, ended_by):
    for folder in ("ours", "theirs"):
        fresh(folder)
    at_begin_of_second()
    theirs = tcpdump("-w", path("theirs", name), *AT_ONCE[tcpdump], *options)
    ours = capstan("-w", path("ours", name), *AT_ONCE[capstan], *options)
    both, sender = (ours, theirs), Traffic()
    for pause, count, size in traffic:
        time.sleep(pause)
        sender.send(count, size)
    settle()
    for child in both:
        finish(child, ended_by)
    return sender.sent


def beside_tcpdump(name, options, *traffic, ended_by=signal.SIGINT):
    """The same options and traffic for both: what is in whose files. `traffic`: (pause, count, size)."""
    for _ in range(3):
        sent = capture_beside_tcpdump(name, options, traffic, ended_by)
        ours, theirs = files("ours"), files("theirs")
        # On a busy machine a second may pass between the two: then that was no comparison.
        if ours == theirs or "-G" not in options:
            break
    assert ours == theirs, (options, {k: len(v) for k, v in ours.items()}, {k: len(v) for k, v in theirs.items()})
    for file in ours:
        assert os.path.getsize(path("ours", file)) == os.path.getsize(path("theirs", file)), file
    return ours, sent


def every_packet_once(found, sent):
    assert sorted(number for numbers in found.values() for number in numbers) == list(range(sent))


def files_of_bounded_size_have_tcpdumps_names_and_contents():
    found, sent = beside_tcpdump("x.pcap", ["-C", "1"], (0, 3500, 984))
    assert sorted(found) == ["x.pcap", "x.pcap1", "x.pcap2", "x.pcap3"], sorted(found)
    every_packet_once(found, sent)


def a_file_of_exactly_the_size_takes_one_packet_more():
    found, sent = beside_tcpdump("x", ["-C", "1"], (0, 999, 984), (0, 1, 960), (0, 1, 100), (0, 1, 100))
    assert [len(found[name]) for name in ("x", "x1")] == [1001, 1]
    every_packet_once(found, sent)


def a_ring_of_files_keeps_the_last_ones():
    for count, names, packets in ((1, ["x.pcap"], 1400), (3, ["x.pcap0", "x.pcap1", "x.pcap2"], 1400),
                                  (10, ["x.pcap%d" % n for n in range(5)], 1000),
                                  (11, ["x.pcap%02d" % n for n in range(5)], 1000)):
        found, _ = beside_tcpdump("x.pcap", ["-C", "1", "-W", str(count)], (0, 4900, 984))
        assert sorted(found) == names, sorted(found)


def files_of_bounded_time_are_named_by_it():
    found, sent = beside_tcpdump("x-%H%M%S", ["-G", "2"], (0.3, 2, 100), (1, 2, 100), (1.2, 2, 100), (4, 2, 100))
    assert len(found) == 3 and all(re.fullmatch("x-[0-9]{6}", name) for name in found), sorted(found)
    every_packet_once(found, sent)


def time_and_size_together_number_the_files_of_each_period():
    for options in ([], ["-W", "20"], ["-W", "2"]):
        found, sent = beside_tcpdump("x-%H%M%S", ["-G", "2", "-C", "1", *options], (0.1, 2500, 984), (2.3, 1500, 984))
        if options != ["-W", "2"]:
            assert len(found) == 5, sorted(found)
            every_packet_once(found, sent)


def a_percent_sign_means_nothing_without_time():
    found, _ = beside_tcpdump("x-%S", ["-C", "1"], (0, 2, 100))
    assert sorted(found) == ["x-%S"]


def a_number_of_periods_ends_the_capture():
    found, _ = beside_tcpdump("x-%H%M%S", ["-G", "2", "-W", "2"], (0.3, 2, 100), (2, 2, 100), (2.2, 2, 100), ended_by=None)
    assert [found[name] for name in sorted(found)] == [[0, 1], [2, 3]], found


def the_last_period_ends_without_a_packet():
    fresh("ours")
    begun = time.monotonic()
    finish(capstan("-w", path("ours", "x-%S"), "-G", "2", "-W", "1"), None)
    assert 1 <= time.monotonic() - begun < 4
    assert [len(numbers) for numbers in files("ours").values()] == [0]


def no_packet_is_lost_between_files_under_load():
    """Many short files while packets come as fast as they can."""
    fresh("ours")
    child, sender = capstan("-w", path("ours", "x"), "-C", "1"), Traffic()
    for _ in range(8):
        sender.send(20000, 100)
    settle()
    finish(child)
    found = files("ours")
    assert len(found) > 15, len(found)
    every_packet_once(found, sender.sent)
    assert [n for _, numbers in sorted(found.items(), key=lambda item: int(item[0][1:] or 0)) for n in numbers] == \
        list(range(sender.sent)), "not in the order that they came"


def run(*command, status=0, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT, **options)
    assert status is None or result.returncode == status, (command, result.returncode, result.stderr)
    return result


def numbers_of(file, damaged=False):
    """The same as numbers_in(), of a file of any kind, by way of `capstan convert`."""
    result = run(CAPSTAN, "convert", file, path("plain.pcap"), status=None if damaged else 0)
    assert damaged or not result.returncode, result.stderr
    with open(path("plain.pcap"), "rb") as f:
        return numbers_in(f.read())


KINDS = ("x.pcap", "x.pcap.gz", "x.pcap.zst", "x.pcap.lz4", "x.pcapng", "x.pcapng.gz", "x.pcapng.zst", "x.pcapng.lz4")
UNPACKERS = {".gz": "gzip", ".zst": "zstd", ".lz4": "lz4"}


def is_complete(file):
    """To the last byte, and not only to us."""
    unpacker = UNPACKERS.get(os.path.splitext(file)[1])
    if unpacker and shutil.which(unpacker):
        run(unpacker, "-t", file)


def a_pcapng_file_says_where_its_packets_come_from():
    fresh("ours")
    sh("ip", "link", "set", "right", "alias", "the cable to the lab")
    for name, options, digits in (("x.pcapng", [], "0x09"), ("x.pcapng", ["--micro"], "0x06"), ("x", ["--format", "pcapng"], "0x09")):
        child, sender = capstan("-w", path("ours", name), "-s", "80", *options, "ether", "proto", "0x88b5"), Traffic()
        sender.send(30, 200)
        settle()
        finish(child)
        assert numbers_of(path("ours", name)) == list(range(30))
        text = run(CAPSTAN, "read", "-s", path("ours", name)).stdout.decode()
        for wanted in ("capstan", os.uname().release, "0 right", "snaplen 80", "filter ether proto 0x88b5",
                       "30 accepted by filter, 0 dropped by kernel, 0 dropped by interface, 30 delivered"):
            assert wanted in text, (wanted, text)
        if shutil.which("capinfos"):
            facts = run("capinfos", path("ours", name)).stdout.decode()
            for wanted in ("Name = right", "Capture length = 80", "Filter string = ether proto 0x88b5",
                           "Time resolution = " + digits, "Number of stat entries = 1", "Operating system = Linux",
                           "Capture application: capstan", "Capture oper-sys:", "Capture hardware:"):
                assert wanted in facts, (wanted, facts)


def time_stamps_are_as_fine_as_was_asked_for():
    fresh("ours")
    for name, options, magic in (("x.pcap", [], 0xA1B2C3D4), ("x.pcap", ["--nano"], 0xA1B23C4D)):
        child, sender = capstan("-w", path("ours", name), *options), Traffic()
        sender.send(50, 100)
        settle()
        finish(child)
        with open(path("ours", name), "rb") as f:
            data = f.read()
        assert struct.unpack_from("<I", data)[0] == magic
        assert numbers_in(data) == list(range(50))


def every_kind_of_file_is_rotated_whole():
    """By size on disk, so compressible frames need more of them."""
    for name in KINDS:
        fresh("ours")
        child, sender = capstan("-w", path("ours", name), "-C", "1", "--immediate", "-s", "2000"), Traffic()
        for _ in range(4):
            sender.send(1000, 1000)
        settle()
        finish(child)
        names = sorted(os.listdir(path("ours")), key=lambda n: int(re.search("[0-9]*$", n.rsplit(".", 1)[0] if
                       os.path.splitext(name)[1] in UNPACKERS else n).group() or 0))
        found = []
        for file in names:
            is_complete(path("ours", file))
            found += numbers_of(path("ours", file))
        assert found == list(range(sender.sent)), (name, len(found))
        if name == "x.pcapng":
            assert names == ["x.pcapng", "x.pcapng1", "x.pcapng2", "x.pcapng3", "x.pcapng4"], names
        for file in names:
            if "pcapng" in name and shutil.which("capinfos") and not name.endswith("lz4"):
                assert "Number of stat entries = 1" in run("capinfos", path("ours", file)).stdout.decode(), file


def compressed_files_are_rotated_by_their_size_on_disk():
    """Frames that do not compress; and the number stands where gunzip and its like still know the file."""
    fresh("ours")
    child = capstan("-w", path("ours", "x.pcap.zst"), "-C", "1", "--immediate", "-s", "2000")
    run(CAPSTAN, "send", "-i", "left", "--pps", "3500", save_noise(3500))
    settle()
    finish(child)
    names = sorted(os.listdir(path("ours")), key=lambda n: (len(n), n))
    assert names == ["x.pcap.zst", "x.pcap1.zst", "x.pcap2.zst", "x.pcap3.zst"][:len(names)] and len(names) > 2, names
    assert [n for file in names for n in numbers_of(path("ours", file))] == list(range(3500))
    for file in names[:-1]:
        assert 1000000 < os.path.getsize(path("ours", file)) < 1500000, os.path.getsize(path("ours", file))


def whatever_signal_comes_when_every_file_is_complete():
    """In mid-traffic, with rotation, at different moments."""
    fresh("ours")
    sender = Traffic()
    with open(path("flood.pcap"), "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number in range(2000):
            f.write(struct.pack("<IIII", 0, 0, 200, 200) + frame(number, 200))
    flood = subprocess.Popen([CAPSTAN, "send", "-i", "left", "--pps", "20000", "--loop", "1000000", path("flood.pcap")],
                             stderr=subprocess.DEVNULL)
    children.append(flood)
    try:
        for turn, name in enumerate(KINDS * 2):
            fresh("ours")
            child = capstan("-w", path("ours", name), "-C", "1")
            time.sleep(0.05 + 0.11 * (turn % 5))
            child.send_signal((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[turn % 3])
            time.sleep(0.001 * turn)
            child.send_signal(signal.SIGINT)  # impatience does not make it worse
            assert child.wait(LIMIT) == 0, errors(child)
            captured = int(re.search("([0-9]+) packets captured", errors(child)).group(1))
            found = 0
            for file in os.listdir(path("ours")):
                is_complete(path("ours", file))
                found += len(numbers_of(path("ours", file)))
            assert found == captured, (name, found, captured)
    finally:
        flood.kill()
        flood.wait()


def what_came_before_a_signal_is_taken_however_long_it_takes():
    """Compressing is slower than the traffic, so most of it waits in the ring when the signal comes."""
    fresh("ours")
    noise = save_noise(20000)
    child = capstan("-w", path("ours", "x.pcap"), "--compress", "gzip:9", "-s", "2000")
    run(CAPSTAN, "send", "-i", "left", noise)
    finish(child)
    found = numbers_of(path("ours", "x.pcap"))
    assert found == list(range(20000)), len(found)


def files_are_written_in_large_pieces():
    if not os.path.exists("/proc/self/io"):
        print("skipped: the kernel does not count what processes write")
        return
    for name in ("x.pcap", "x.pcapng"):
        fresh("ours")
        child, sender = capstan("-w", path("ours", name), "-s", "2000"), Traffic()
        sender.send(20000, 1000)
        settle()
        with open("/proc/%d/io" % child.pid) as f:
            counts = dict(line.split(": ") for line in f.read().splitlines())
        finish(child)
        assert int(counts["wchar"]) > 18000000 and int(counts["wchar"]) > 65536 * int(counts["syscw"]), (name, counts)


def a_killed_capture_has_lost_no_more_than_a_second():
    for name in KINDS:
        fresh("ours")
        child, sender = capstan("-w", path("ours", name)), Traffic()
        sender.send(100, 100)
        time.sleep(1.5)
        sender.send(10, 100)
        child.kill()
        child.wait()
        found = numbers_of(path("ours", name), damaged=True)
        assert found[:100] == list(range(100)) and found == list(range(len(found))), (name, len(found))


def packet_buffered_means_at_once():
    for name in ("x.pcap", "x.pcapng", "x.pcapng.zst"):
        fresh("ours")
        child, sender = capstan("-w", path("ours", name), "-U", "--immediate"), Traffic()
        sender.send(5, 100)
        settle()
        child.kill()
        child.wait()
        assert numbers_of(path("ours", name), damaged=True) == list(range(5)), name


def a_full_disk_is_told_with_the_file_and_what_is_kept():
    os.makedirs(path("small"), exist_ok=True)
    for name in KINDS:
        sh("mount", "-t", "tmpfs", "-o", "size=256k", "capstan-test", path("small"))
        try:
            child = capstan("-w", path("small", name))
            run(CAPSTAN, "send", "-i", "left", save_noise(2000))
            assert child.wait(LIMIT) == 1, errors(child)
            assert re.search("cannot write to .*" + re.escape(name) + ".*No space left on device.*kept, [0-9]+ bytes", errors(child)), \
                errors(child)
            assert "packets captured" in errors(child)
            found = numbers_of(path("small", name), damaged=True)
            assert len(found) > 10 and found == list(range(len(found))), (name, len(found))
        finally:
            sh("umount", path("small"))


def what_cannot_be_is_refused_before_anything_is_written():
    for arguments, words in ((["-C", "1"], "-w"), (["-w", "-", "-C", "1"], "standard output"), (["-w", "x", "-W", "2"], "-C"),
                             (["-w", path("x.xz")], ".xz files"), (["-w", "x", "-C", "0"], "-C must be"),
                             (["-w", "x", "-G", "0"], "-G must be"), (["-w", "x", "--format", "erf"], '"erf"'),
                             (["-w", "x", "--compress", "bzip2"], '"bzip2"'), (["-U"], "-w")):
        result = run(CAPSTAN, "capture", "-i", "right", *arguments, status=2, cwd=FOLDER)
        assert words in result.stderr.decode(), result.stderr
    assert not os.path.exists(path("x")) and not os.path.exists(path("x.xz"))
    os.mkdir(path("folder"))
    for file in ("nosuch/x.pcapng", "folder"):
        result = run(CAPSTAN, "capture", "-i", "right", "-c", "1", "-w", path(file), status=1)
        assert file in result.stderr.decode(), result.stderr


def main():
    tests = [files_of_bounded_size_have_tcpdumps_names_and_contents, a_file_of_exactly_the_size_takes_one_packet_more,
             a_ring_of_files_keeps_the_last_ones, files_of_bounded_time_are_named_by_it,
             time_and_size_together_number_the_files_of_each_period, a_percent_sign_means_nothing_without_time,
             a_number_of_periods_ends_the_capture, the_last_period_ends_without_a_packet,
             no_packet_is_lost_between_files_under_load, a_pcapng_file_says_where_its_packets_come_from,
             time_stamps_are_as_fine_as_was_asked_for, every_kind_of_file_is_rotated_whole,
             compressed_files_are_rotated_by_their_size_on_disk, whatever_signal_comes_when_every_file_is_complete,
             what_came_before_a_signal_is_taken_however_long_it_takes, files_are_written_in_large_pieces,
             a_killed_capture_has_lost_no_more_than_a_second, packet_buffered_means_at_once,
             a_full_disk_is_told_with_the_file_and_what_is_kept, what_cannot_be_is_refused_before_anything_is_written]
    if not TCPDUMP:
        print("skipped: needs tcpdump")
        return namespace.SKIP
    with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w") as f:
        f.write("1")
    sh("ip", "link", "add", "left", "type", "veth", "peer", "name", "right")
    for end in ("left", "right"):
        sh("ip", "link", "set", end, "addrgenmode", "none", "up")
    return running.each(tests)


try:
    status = main()
finally:
    for child in children:
        if child.poll() is None:
            child.kill()
            child.wait()
    shutil.rmtree(FOLDER, ignore_errors=True)
sys.exit(status)
