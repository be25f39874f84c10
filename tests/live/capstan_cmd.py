#!/usr/bin/env python3
"""capstan_cmd.py CAPSTAN - what the command does on real interfaces, in a network namespace of its own."""
import os
import pty
import select
import shutil
import signal
import stat
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
children = []


def path(name):
    return os.path.join(FOLDER, name)


def sh(*command):
    subprocess.run(command, check=True)


def lay_cable(left="left", right="right"):
    sh("ip", "link", "add", left, "type", "veth", "peer", "name", right)
    for end in (left, right):
        sh("ip", "link", "set", end, "addrgenmode", "none", "up")


def frame(number, size):
    """An Ethernet frame with a UDP datagram, `size` bytes in all."""
    udp = struct.pack(">HHHH", 1000, 2000 + number % 100, size - 34, 0)
    udp += bytes((number + at) & 255 for at in range(size - 42))
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size - 14, number & 0xFFFF, 0, 64, 17, 0, b"\n\0\0\1", b"\n\0\0\2")
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0" + ip + udp


def write_savefile(name, frames, linktype=1):
    with open(path(name), "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, linktype))
        for number, data in enumerate(frames):
            f.write(struct.pack("<IIII", 1700000000, number, len(data), len(data)) + data)
    return path(name)


def read_savefile(data, whole=True):
    """(length, bytes) of each packet. A cut-off last record is an error unless not `whole`."""
    order = "<" if struct.unpack_from("<I", data)[0] == 0xA1B2C3D4 else ">"
    assert struct.unpack_from(order + "I", data)[0] == 0xA1B2C3D4, "no savefile"
    packets, at = [], 24
    while at + 16 <= len(data):
        caplen, length = struct.unpack_from(order + "8xII", data, at)
        if at + 16 + caplen > len(data):
            break
        packets.append((length, data[at + 16:at + 16 + caplen]))
        at += 16 + caplen
    assert not whole or at == len(data), "the file ends in mid-record"
    return packets


def contents(name):
    with open(path(name), "rb") as f:
        return f.read()


def capstan(*arguments, **options):
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([CAPSTAN, *arguments], stderr=subprocess.PIPE, timeout=LIMIT, **options)


class Capture:
    """A `capstan capture` in the background, known to be listening."""

    def __init__(self, *arguments, device="right", ignored=()):
        def ignore():
            for number in ignored:
                signal.signal(number, signal.SIG_IGN)

        self.out = open(path("stdout"), "w+b")
        self.err = open(path("stderr"), "w+b")
        self.child = subprocess.Popen([CAPSTAN, "capture", "-i", device, *arguments], stdout=self.out, stderr=self.err,
                                      preexec_fn=ignore)
        children.append(self.child)
        give_up = time.monotonic() + LIMIT
        while not self.errors().startswith("capturing on " + device):
            assert self.child.poll() is None and time.monotonic() < give_up, "no capture: " + self.errors()
            time.sleep(0.02)

    def errors(self):
        self.err.seek(0)
        return self.err.read().decode()

    def output(self):
        self.out.seek(0)
        return self.out.read()

    def ended(self):
        return self.child.wait(LIMIT)

    def end(self, how=signal.SIGINT):
        self.child.send_signal(how)
        return self.ended()


def expect(status, result, *texts):
    text = result.stderr.decode()
    assert result.returncode == status, f"exit status {result.returncode}, not {status}: {text}"
    for wanted in texts:
        assert wanted in text, f'"{wanted}" is not in: {text}'


def capture_send_and_read_back_keep_every_byte():
    frames = [frame(n, 60 + n % 1400) for n in range(3000)]
    sent = write_savefile("sent.pcap", frames)
    capture = Capture("-w", path("saved.pcap"))
    expect(0, capstan("send", "-i", "left", sent), "3000 packets sent")
    assert capture.end() == 0, capture.errors()
    assert "3000 packets captured" in capture.errors(), capture.errors()
    assert "0 dropped by kernel" in capture.errors(), capture.errors()
    saved = read_savefile(contents("saved.pcap"))
    assert saved == [(len(f), f) for f in frames], "what was saved is not what was sent"
    lines = capstan("read", path("saved.pcap")).stdout.decode().splitlines()
    assert len(lines) == 3000
    assert lines[7].endswith("10.0.0.1:1000 > 10.0.0.2:2007 UDP"), lines[7]
    assert "3000 packets" in capstan("read", "-q", path("saved.pcap")).stdout.decode()


def signals_end_an_idle_capture_with_statistics():
    for how in (signal.SIGINT, signal.SIGTERM):
        capture = Capture("-w", path("idle.pcap"))
        begun = time.monotonic()
        assert capture.end(how) == 0, capture.errors()
        assert time.monotonic() - begun < 3
        assert "0 packets captured" in capture.errors() and "received by filter" in capture.errors()
        assert read_savefile(contents("idle.pcap")) == []


def a_job_in_the_background_ends_by_sigint_and_nohup_counts():
    """A shell starts such jobs with SIGINT ignored, nohup(1) with SIGHUP."""
    capture = Capture("-w", path("job.pcap"), ignored=(signal.SIGINT, signal.SIGHUP))
    capture.child.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert capture.child.poll() is None, "nohup was in vain: " + capture.errors()
    assert capture.end() == 0, capture.errors()
    assert "0 packets captured" in capture.errors(), capture.errors()


def a_count_ends_the_capture():
    sent = write_savefile("sent.pcap", [frame(n, 100) for n in range(50)])
    capture = Capture("-c", "7", "-w", path("seven.pcap"))
    expect(0, capstan("send", "-i", "left", sent))
    assert capture.ended() == 0, capture.errors()
    assert len(read_savefile(contents("seven.pcap"))) == 7


def a_time_ends_the_capture_though_no_packet_comes():
    begun = time.monotonic()
    capture = Capture("-t", "1", "-w", path("idle.pcap"))
    assert capture.ended() == 0, capture.errors()
    took = time.monotonic() - begun
    assert 1 <= took < 4, took


def a_snaplen_cuts_packets_and_keeps_their_length():
    sent = write_savefile("sent.pcap", [frame(n, 500) for n in range(20)])
    capture = Capture("-s", "64", "-c", "20", "-w", path("cut.pcap"))
    expect(0, capstan("send", "-i", "left", sent))
    assert capture.ended() == 0, capture.errors()
    assert read_savefile(contents("cut.pcap")) == [(500, frame(n, 500)[:64]) for n in range(20)]


def without_a_file_each_packet_is_a_line():
    sent = write_savefile("sent.pcap", [frame(n, 100) for n in range(5)])
    capture = Capture("-c", "5", "--immediate")
    expect(0, capstan("send", "-i", "left", sent))
    assert capture.ended() == 0, capture.errors()
    lines = capture.output().decode().splitlines()
    assert len(lines) == 5 and all("10.0.0.1:1000 > 10.0.0.2:20" in line for line in lines), lines


def a_savefile_goes_to_standard_output():
    sent = write_savefile("sent.pcap", [frame(n, 100) for n in range(5)])
    capture = Capture("-c", "5", "-w", "-")
    expect(0, capstan("send", "-i", "left", sent))
    assert capture.ended() == 0, capture.errors()
    assert read_savefile(capture.output()) == [(100, frame(n, 100)) for n in range(5)]


def read_pipe(pipe, count):
    """`count` bytes as they come; fewer at the end of the pipe, or of our patience."""
    got, give_up = b"", time.monotonic() + LIMIT
    while len(got) < count and select.select([pipe], [], [], max(0, give_up - time.monotonic()))[0]:
        piece = os.read(pipe.fileno(), count - len(got))
        if not piece:
            break
        got += piece
    return got


def a_reader_gets_packets_while_the_capture_goes_on():
    sent = write_savefile("sent.pcap", [frame(n, 100) for n in range(5)])
    with open(path("stderr"), "wb") as err:
        child = subprocess.Popen([CAPSTAN, "capture", "-i", "right", "-w", "-"], stdout=subprocess.PIPE, stderr=err)
    children.append(child)
    header = read_pipe(child.stdout, 24)  # now it is listening
    expect(0, capstan("send", "-i", "left", sent))
    got = header + read_pipe(child.stdout, 5 * 116)
    assert child.poll() is None, "the capture has ended"
    assert read_savefile(got) == [(100, frame(n, 100)) for n in range(5)]
    child.stdout.close()
    expect(0, capstan("send", "-i", "left", sent))
    assert child.wait(LIMIT) == 1
    assert "cannot write to standard output" in contents("stderr").decode(), contents("stderr")


def a_full_disk_is_an_error_and_keeps_what_was_written():
    os.mkdir(path("small"))
    sh("mount", "-t", "tmpfs", "-o", "size=64k", "capstan-test", path("small"))
    frames = [frame(n, 1000) for n in range(500)]
    sent = write_savefile("sent.pcap", frames)
    capture = Capture("-w", path("small/full.pcap"))
    expect(0, capstan("send", "-i", "left", sent))
    status = capture.ended()
    assert status == 1, f"exit status {status}: {capture.errors()}"
    assert "No space left" in capture.errors() and "full.pcap" in capture.errors(), capture.errors()
    kept = read_savefile(contents("small/full.pcap"), whole=False)
    assert len(kept) > 10 and kept == [(1000, f) for f in frames[:len(kept)]]
    sh("umount", path("small"))


def a_full_disk_shows_at_the_end_of_a_short_capture():
    sent = write_savefile("sent.pcap", [frame(0, 100)])
    capture = Capture("-c", "1", "-w", "/dev/full")
    expect(0, capstan("send", "-i", "left", sent))
    assert capture.ended() == 1 and "No space left" in capture.errors(), capture.errors()


def a_device_that_vanishes_ends_the_capture_with_its_name():
    lay_cable("brief", "brief-peer")
    sent = write_savefile("sent.pcap", [frame(n, 100) for n in range(5)])
    capture = Capture("-w", path("brief.pcap"), device="brief-peer")
    expect(0, capstan("send", "-i", "brief", sent))
    time.sleep(0.3)
    sh("ip", "link", "delete", "brief")
    assert capture.ended() == 1, capture.errors()
    assert "brief-peer" in capture.errors().split("\n", 1)[1], capture.errors()
    assert len(read_savefile(contents("brief.pcap"))) == 5


def a_device_may_be_named_as_a_source_string():
    capture = Capture("-c", "3", "-w", path("source.pcap"), device="rpcap://right")
    expect(0, capstan("send", "-i", "RPCAP://left", write_savefile("sent.pcap", [frame(n, 100) for n in range(3)])))
    assert capture.ended() == 0, capture.errors()
    assert len(read_savefile(contents("source.pcap"))) == 3
    for source, why in (("file://x.pcap", "is a file"), ("rpcap://host/eth0", "another host"), ("rpcap://", "no device"),
                        ("http://x", "begins with")):
        expect(1, capstan("capture", "-i", source), "capstan capture:", source, why)


def errors_name_their_object():
    sent = write_savefile("sent.pcap", [frame(0, 100)])
    expect(1, capstan("capture", "-i", "nosuch0"), "capstan capture:", "nosuch0")
    expect(1, capstan("send", "-i", "nosuch0", sent), "capstan send:", "nosuch0")
    expect(1, capstan("read", path("nosuch.pcap")), "capstan read:", "nosuch.pcap")
    with open(path("text"), "w") as f:
        f.write("this is no savefile, however long it may be\n" * 10)
    expect(1, capstan("read", path("text")), "capstan read:", "text")
    expect(1, capstan("capture", "-i", "right", "-c", "1", "-w", path("nosuch/file")), "nosuch/file")


def a_damaged_savefile_is_read_up_to_the_damage():
    write_savefile("sent.pcap", [frame(n, 100) for n in range(3)])
    with open(path("sent.pcap"), "r+b") as f:
        f.truncate(24 + 2 * 116 + 50)
    result = capstan("read", path("sent.pcap"))
    expect(1, result, "sent.pcap", "after 2 whole packets")
    assert result.stdout.decode().count("UDP") == 2


def sending_stops_at_the_first_failure_and_says_how_far_it_came():
    sent = write_savefile("big.pcap", [frame(0, 100), frame(1, 100), frame(2, 9000), frame(3, 100)])
    expect(1, capstan("send", "-i", "left", sent), "packet 3", "2 packets sent")


def write_paced(name, count, gap_us, order="<", unit=1):
    """`count` packets of 100 bytes, one each gap; unit 1000: stamps in nanoseconds."""
    with open(path(name), "wb") as f:
        f.write(struct.pack(order + "IHHiIII", 0xA1B2C3D4 if unit == 1 else 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for number in range(count):
            us = number * gap_us
            f.write(struct.pack(order + "IIII", 1700000000 + us // 1000000, us % 1000000 * unit, 100, 100) + frame(number, 100))
    return path(name)


def seconds_of(result):
    expect(0, result, " packets sent, ")
    return float(result.stderr.decode().split(" bytes in ")[1].split()[0])


def a_clock_says_when_packets_are_sent():
    slack = 1.0  # a busy machine
    for sent in (write_paced("micro.pcap", 40, 10000), write_paced("nano.pcap", 40, 10000, unit=1000),
                 write_paced("swapped.pcap", 40, 10000, order=">"), write_paced("long.pcap", 3, 200000)):
        kept = 0.4 if sent.endswith("long.pcap") else 0.39
        for how, least in ((["--sync"], kept), (["--speed", "4"], kept / 4), (["--speed", "0.5"], 2 * kept),
                           (["--sync", "--loop", "2"], 2 * kept)):
            took = seconds_of(capstan("send", "-i", "left", *how, sent))
            assert least - 0.002 < took < least + slack, (sent, how, took)
    sent = path("micro.pcap")
    for how, least in ((["--pps", "200"], 39 / 200), (["--pps", "200", "--loop", "2"], 79 / 200),
                       (["--mbps", "0.16"], 39 * 800 / 160000)):
        result = capstan("send", "-i", "left", *how, sent)
        took = seconds_of(result)
        assert least - 0.002 < took < least + slack, (how, took)
        expect(0, result, "late by", "on average", "at most")


def a_file_larger_than_any_queue_is_sent_whole_in_every_way():
    frames = [frame(n, 60 + n * 7 % 1400) for n in range(16000)]  # 12 MB
    sent = write_savefile("large.pcap", frames)
    for number, way in enumerate(([], ["--pps", "100000"], ["--loop", "2"], ["-"])):
        file = path("large-%d.pcap" % number)
        capture = Capture("-B", "65536", "-w", file)
        if way == ["-"]:
            with open(sent, "rb") as f:
                result = capstan("send", "-i", "left", "-", stdin=f)
        else:
            result = capstan("send", "-i", "left", *way, sent)
        times = 2 if "--loop" in way else 1
        expect(0, result, f"{times * 16000} packets sent, {times * sum(map(len, frames))} bytes")
        assert capture.end() == 0, capture.errors()
        assert "0 dropped by kernel" in capture.errors(), capture.errors()
        assert read_savefile(contents(file)) == [(len(f), f) for f in frames] * times, f"{way}: not what was sent"


def packets_from_a_pipe_do_not_wait_for_more():
    sent = contents(os.path.basename(write_savefile("sent.pcap", [frame(n, 100) for n in range(5)])))
    capture = Capture("-c", "5", "--immediate")
    child = subprocess.Popen([CAPSTAN, "send", "-i", "left", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    children.append(child)
    child.stdin.write(sent)
    child.stdin.flush()
    assert capture.ended() == 0, capture.errors()
    assert child.poll() is None
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=LIMIT)
    assert child.returncode == 0 and b"5 packets sent" in errors, errors


def a_signal_ends_the_wait_for_a_named_pipe_that_nobody_writes_again():
    os.mkfifo(path("fifo"))
    sent = contents(os.path.basename(write_paced("big-endian.pcap", 5, 1, ">")))
    capture = Capture("-c", "5", "--immediate")
    child = subprocess.Popen([CAPSTAN, "send", "-i", "left", "--loop", "2", path("fifo")], stderr=subprocess.PIPE)
    children.append(child)
    with open(path("fifo"), "wb") as f:
        f.write(sent)
    assert capture.ended() == 0, capture.errors()
    time.sleep(0.3)
    assert child.poll() is None
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=LIMIT)
    if b"sigaltstack" in errors:
        return "the sanitizer takes the stack of a thread that was cancelled for a damaged one"
    assert child.returncode == 0 and b"5 packets sent" in errors, (child.returncode, errors)


def signals_end_a_transmission_with_a_true_summary():
    hours, few = write_paced("hours.pcap", 3, 3600 * 1000000), write_paced("few.pcap", 3, 1)
    for how, sent in (([], hours), (["--pps", "0.001"], few), (["--pps", "1e-12"], few), (["--speed", "1e-12"], hours)):
        capture = Capture("-w", path("some.pcap"))
        child = subprocess.Popen([CAPSTAN, "send", "-i", "left", *(how or ["--sync"]), sent], stderr=subprocess.PIPE)
        children.append(child)
        time.sleep(0.5)
        begun = time.monotonic()
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=LIMIT)
        assert time.monotonic() - begun < 2
        assert child.returncode == 0 and b"\n" not in errors.split(b" packets sent")[0], errors
        assert capture.end() == 0
        assert errors.startswith(b"%d packets sent" % len(read_savefile(contents("some.pcap")))), errors
        assert errors.startswith(b"1 packets sent"), errors


def a_damaged_savefile_is_sent_up_to_the_damage():
    for cut in (10, 50):
        for pipe in (False, True):
            sent = write_savefile("sent.pcap", [frame(n, 100) for n in range(3)])
            with open(sent, "r+b") as f:
                f.truncate(24 + 2 * 116 + cut)
            capture = Capture("-w", path("some.pcap"))
            with open(sent, "rb") as f:
                result = capstan("send", "-i", "left", "-" if pipe else sent, stdin=f)
            expect(1, result, "after 2 whole packets", "2 packets sent")
            assert capture.end() == 0
            assert len(read_savefile(contents("some.pcap"))) == 2
    with open(write_savefile("sent.pcap", [frame(n, 100) for n in range(3)]), "r+b") as f:
        f.seek(24 + 116 + 8)
        f.write(b"\xff\xff\xff\xff")
    expect(1, capstan("send", "-i", "left", path("sent.pcap")), "after 1 whole packets", "1 packets sent")


def an_engine_can_be_demanded():
    sent = write_savefile("sent.pcap", [frame(n, 100) for n in range(5)])
    capture = Capture("-c", "10", "-w", path("ten.pcap"))
    for name in ("auto", "socket"):
        expect(0, capstan("send", "-i", "left", "--engine", name, sent), "5 packets sent")
    assert capture.ended() == 0, capture.errors()


def tcpdump_on_the_sending_interface_sees_every_frame():
    tcpdump = shutil.which("tcpdump")
    if not tcpdump:
        return "no tcpdump here"
    # So many, to a peer with GRO, that without tcpdump they would go past packet sockets, as XDP frames.
    if shutil.which("ethtool"):
        sh("ethtool", "-K", "right", "gro", "on")
    frames = [frame(n, 60 + n % 200) for n in range(60000)]
    sent = write_savefile("sent.pcap", frames)
    child = subprocess.Popen([tcpdump, "-i", "left", "-B", "65536", "-U", "-Z", "root", "-c", "60000", "-w", path("seen.pcap")],
                             stderr=subprocess.PIPE)
    children.append(child)
    read_until(child.stderr, b"listening")
    expect(0, capstan("send", "-i", "left", sent), "60000 packets sent")
    child.communicate(timeout=LIMIT)
    assert child.returncode == 0
    if shutil.which("ethtool"):
        sh("ethtool", "-K", "right", "gro", "off")
    assert read_savefile(contents("seen.pcap")) == [(len(f), f) for f in frames]
    return None


def read_until(pipe, word):
    seen, give_up = b"", time.monotonic() + LIMIT
    while word not in seen:
        assert select.select([pipe], [], [], max(0, give_up - time.monotonic()))[0], seen
        piece = os.read(pipe.fileno(), 4096)
        assert piece, seen
        seen += piece


def a_file_of_another_link_type_is_not_sent():
    sent = write_savefile("raw.pcap", [frame(0, 100)[14:]], linktype=101)
    capture = Capture("-w", path("none.pcap"))
    expect(1, capstan("send", "-i", "left", sent), "RAW", "EN10MB", "nothing was sent")
    assert capture.end() == 0
    assert read_savefile(contents("none.pcap")) == []


def a_filter_bounds_what_is_captured():
    capture = Capture("-w", path("some.pcap"), "udp", "dst", "port", "2001", "or", "2003")
    expect(0, capstan("send", "-i", "left", write_savefile("sent.pcap", [frame(n, 100) for n in range(5)])))
    assert capture.end() == 0
    assert read_savefile(contents("some.pcap")) == [(100, frame(n, 100)) for n in (1, 3)]


def a_filter_bounds_what_is_read():
    sent = write_savefile("sent.pcap", [frame(n, 100) for n in range(5)])
    result = capstan("read", sent, "udp dst port 2001", "or", "2003")
    expect(0, result)
    assert result.stdout.decode().count("UDP") == 2
    assert b": 3 packets" in capstan("read", "-q", sent, "not (port 2001 or 2003)").stdout


def a_wrong_filter_is_shown_with_a_mark_under_the_word():
    sent = write_savefile("sent.pcap", [frame(0, 100)])
    for result in (capstan("filter", "udp", "prt", "53"), capstan("read", sent, "udp", "prt", "53"),
                   capstan("capture", "-i", "right", "-c", "1", "udp prt 53")):
        expect(1, result, "'prt'", "at column 5")
        assert not result.stdout
        shown, mark = result.stderr.decode().splitlines()[1:]
        assert shown == "  udp prt 53" and mark == "      ^", (shown, mark)
    long = capstan("filter", " or ".join(["port 1"] * 50) + " or tcp prt 2 or " + " or ".join(["port 3"] * 50))
    shown, mark = long.stderr.decode().splitlines()[1:]
    assert len(shown) < 120 and shown[mark.index("^"):].startswith("prt 2"), (shown, mark)


def a_filter_is_printed_as_tcpdump_prints_it():
    for name, option in (("-d", []), ("-dd", ["--c"]), ("-ddd", ["--numbers"])):
        for linktype, snaplen in (("EN10MB", "262144"), ("LINUX_SLL2", "96")):
            ours = capstan("filter", *option, "-l", linktype, "-s", snaplen, "tcp", "port", "80")
            expect(0, ours)
            theirs = subprocess.run([CAPSTAN, "run", "--", "tcpdump", name, "-y", linktype, "-s", snaplen, "tcp port 80"],
                                    capture_output=True, timeout=LIMIT)
            if b"ASan runtime" in theirs.stderr:
                return "tcpdump cannot load a library that was built with a sanitizer"
            assert theirs.returncode == 0 and ours.stdout == theirs.stdout, (name, linktype, ours.stdout, theirs.stdout)
    return None


def a_filter_is_measured_and_drawn():
    length = len(capstan("filter", "tcp port 80").stdout.splitlines())
    stats = capstan("filter", "--stats", "tcp port 80").stdout.decode()
    assert stats.startswith(f"{length} instructions\n") and "executed at most" in stats and " ms\n" in stats, stats
    assert "loop" in capstan("filter", "--stats", "ip protochain 6").stdout.decode()
    plain = capstan("filter", "--plain", "ip host 192.0.2.1 and ip host 192.0.2.1").stdout
    assert len(plain) >= len(capstan("filter", "ip host 192.0.2.1 and ip host 192.0.2.1").stdout)
    # Every instruction stands in one block; every way leads to a block that is there.
    dot = capstan("filter", "--dot", "tcp port 80").stdout.decode()
    nodes = {line.split()[0] for line in dot.splitlines() if "[label=\"(" in line}
    ways = [line.replace(";", "").split() for line in dot.splitlines() if "->" in line]
    assert dot.count("\\l") == length and all(way[0] in nodes and way[2] in nodes for way in ways), dot
    assert dot.startswith("digraph") and len(ways) >= len(nodes) - 1


def wrong_usage_is_told_apart_from_failure():
    for arguments in ([], ["nosuch"], ["capture"], ["capture", "-z"], ["capture", "-i"], ["read"], ["send", "-i", "x"],
                      ["capture", "-i", "right", "-c", "0"], ["capture", "-i", "right", "-t", "1x"], ["capture", "-i", ""],
                      ["run"], ["filter"], ["filter", "-l", "nosuch", "ip"], ["filter", "--c", "--dot", "ip"],
                      ["filter", "-s", "0", "ip"],
                      ["send", "-i", "left", "--pps", "0", "x"], ["send", "-i", "left", "--speed", "-1", "x"],
                      ["send", "-i", "left", "--mbps", "fast", "x"], ["send", "-i", "left", "--loop", "0", "x"],
                      ["send", "-i", "left", "--sync", "--pps", "1", "x"], ["send", "-i", "left", "--engine", "steam", "x"],
                      ["send", "-i", "left", "--loop", "2", "-"]):
        result = capstan(*arguments)
        assert result.returncode == 2 and result.stderr and not result.stdout, arguments


def help_is_asked_for_in_two_ways():
    for name in ("list", "capture", "read", "send", "filter", "run"):
        one, other = capstan("help", name), capstan(name, "--help")
        expect(0, one)
        expect(0, other)
        assert one.stdout == other.stdout and b"usage: capstan " + name.encode() in one.stdout
    assert capstan("--version").stdout.startswith(b"capstan ")


def the_list_shows_state_and_addresses():
    sh("ip", "address", "add", "198.51.100.7/24", "dev", "left")
    text = capstan("list").stdout.decode()
    sh("ip", "address", "flush", "dev", "left")
    rows = [line.split() for line in text.splitlines()]
    (left,) = [row for row in rows if row[0] == "left"]
    assert left[1:3] == ["connected", "up,running"] and "198.51.100.7/24" in text, text
    assert {"left", "right", "lo", "any"} <= set(capstan("list", "--names").stdout.decode().split())


def a_counter_runs_on_a_terminal_and_leaves_a_clean_line():
    controller, terminal = pty.openpty()
    sent = write_savefile("sent.pcap", [frame(n, 100) for n in range(50)])
    child = subprocess.Popen([CAPSTAN, "capture", "-i", "right", "-t", "2", "-w", path("counted.pcap")], stderr=terminal)
    children.append(child)
    os.close(terminal)
    seen, sent_once = b"", False
    while select.select([controller], [], [], LIMIT)[0]:
        try:
            seen += os.read(controller, 4096)
        except OSError:  # how a terminal says that nobody is left at the other end
            break
        if not sent_once and b"capturing on" in seen:
            expect(0, capstan("send", "-i", "left", sent))
            sent_once = True
    assert child.wait(LIMIT) == 0
    os.close(controller)
    counter, _, rest = seen.rpartition(b"\r\x1b[K")
    assert b"\r50 packets" in counter, seen
    assert rest.startswith(b"50 packets captured"), seen


def statistics(*arguments, **options):
    """A `capstan stat` in the background that counts already, and the end of its standard error to read from."""
    child = subprocess.Popen([CAPSTAN, "stat", "-i", "right", *arguments], stderr=subprocess.PIPE, **options)
    children.append(child)
    assert b"counting on right" in child.stderr.readline()
    return child


def statistics_are_a_line_each_period():
    sent = write_savefile("sent.pcap", [frame(n, 100) for n in range(50)])
    child = statistics("-t", "200", "-c", "5", "udp", "port", "2007", stdout=subprocess.PIPE)
    expect(0, capstan("send", "-i", "left", sent))
    out, err = child.communicate(timeout=LIMIT)
    assert child.returncode == 0, err
    lines = out.decode().splitlines()
    assert len(lines) == 5 and all("packets/s" in line and "bits/s" in line for line in lines), lines
    assert sum(int(line.split()[-4]) for line in lines) == 1 and sum(int(line.split()[-2]) for line in lines) == 100, lines
    assert err.startswith(b"1 packets, 100 bytes in 1."), err


def an_interrupt_ends_statistics_with_all_that_was_counted():
    sent = write_savefile("sent.pcap", [frame(n, 100) for n in range(50)])
    child = statistics("-t", "1000000", stdout=subprocess.PIPE)
    expect(0, capstan("send", "-i", "left", sent))
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=LIMIT)
    assert child.returncode == 0 and b"50 packets, 5000 bytes" in err, err
    assert len(out.splitlines()) == 1, out


def statistics_are_a_table_on_a_terminal():
    controller, terminal = pty.openpty()
    child = statistics("-t", "100", "-c", "3", stdout=terminal)
    os.close(terminal)
    seen = b""
    while select.select([controller], [], [], LIMIT)[0]:
        try:
            seen += os.read(controller, 4096)
        except OSError:  # how a terminal says that nobody is left at the other end
            break
    assert child.wait(LIMIT) == 0
    os.close(controller)
    tables = seen.split(b"\x1b[5A")
    assert len(tables) == 3, seen
    assert all(table.count(b"\n") == 5 and b"peak" in table for table in tables), seen


def run_gives_back_the_programs_exit_status():
    expect(7, capstan("run", "--", "sh", "-c", "exit 7"))
    expect(1, capstan("run", "--", "nosuchprogram"), "capstan run:", "nosuchprogram")
    expect(1, capstan("run", "--", "/etc/passwd"), "capstan run:", "/etc/passwd")
    expect(1, capstan("run", "--", "/" + "x" * 5000), "capstan run:", "too long")
    expect(0, capstan("run", "--", "true", env={**os.environ, "PATH": "x" * 5000 + ":" + os.environ["PATH"]}))


def run_puts_the_drop_in_folder_first_and_keeps_the_rest():
    folder = capstan("run", "--folder").stdout.decode().strip()
    show = ["run", "sh", "-c", 'printf %s "$LD_LIBRARY_PATH"']
    kept = capstan(*show, env={**os.environ, "LD_LIBRARY_PATH": "/some/where"}).stdout.decode()
    assert kept == folder + ":/some/where", kept
    bare = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    assert capstan(*show, env=bare).stdout.decode() == folder


def run_makes_tcpdump_load_this_library():
    if not shutil.which("tcpdump"):
        return "no tcpdump here"
    told = subprocess.run([CAPSTAN, "run", "--", "tcpdump", "--version"], capture_output=True, timeout=LIMIT)
    if b"ASan runtime" in told.stderr:
        return "tcpdump cannot load a library that was built with a sanitizer"
    assert b"Capstan" in told.stdout + told.stderr, told
    return None


def run_refuses_what_the_loader_would_not_obey():
    program = path("privileged")
    shutil.copy(shutil.which("true"), program)
    try:
        os.chown(program, 1, 1)
    except OSError:  # a user namespace of one user: the system's own is foreign enough
        program = shutil.which("su")
    else:
        os.chmod(program, 0o4755)
    if not program or not os.stat(program).st_mode & stat.S_ISUID:
        return "no set-user-ID program here"
    expect(1, capstan("run", "--", program), "set-user-ID", program)
    return None


def main():
    tests = [capture_send_and_read_back_keep_every_byte, signals_end_an_idle_capture_with_statistics,
             a_job_in_the_background_ends_by_sigint_and_nohup_counts,
             a_count_ends_the_capture, a_time_ends_the_capture_though_no_packet_comes,
             a_snaplen_cuts_packets_and_keeps_their_length, without_a_file_each_packet_is_a_line,
             a_savefile_goes_to_standard_output,
             a_reader_gets_packets_while_the_capture_goes_on, a_full_disk_is_an_error_and_keeps_what_was_written,
             a_full_disk_shows_at_the_end_of_a_short_capture, a_device_that_vanishes_ends_the_capture_with_its_name,
             a_device_may_be_named_as_a_source_string, errors_name_their_object,
             a_damaged_savefile_is_read_up_to_the_damage,
             sending_stops_at_the_first_failure_and_says_how_far_it_came, a_clock_says_when_packets_are_sent,
             a_file_larger_than_any_queue_is_sent_whole_in_every_way, packets_from_a_pipe_do_not_wait_for_more,
             a_signal_ends_the_wait_for_a_named_pipe_that_nobody_writes_again,
             signals_end_a_transmission_with_a_true_summary, a_damaged_savefile_is_sent_up_to_the_damage,
             an_engine_can_be_demanded, tcpdump_on_the_sending_interface_sees_every_frame,
             a_file_of_another_link_type_is_not_sent,
             a_filter_bounds_what_is_captured, a_filter_bounds_what_is_read,
             a_wrong_filter_is_shown_with_a_mark_under_the_word, a_filter_is_printed_as_tcpdump_prints_it,
             a_filter_is_measured_and_drawn, wrong_usage_is_told_apart_from_failure, help_is_asked_for_in_two_ways,
             the_list_shows_state_and_addresses, a_counter_runs_on_a_terminal_and_leaves_a_clean_line,
             statistics_are_a_line_each_period, an_interrupt_ends_statistics_with_all_that_was_counted,
             statistics_are_a_table_on_a_terminal,
             run_gives_back_the_programs_exit_status, run_puts_the_drop_in_folder_first_and_keeps_the_rest,
             run_makes_tcpdump_load_this_library, run_refuses_what_the_loader_would_not_obey]
    with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w") as f:
        f.write("1")
    lay_cable()
    return running.each(tests)


try:
    status = main()
finally:
    for child in children:
        if child.poll() is None:
            child.kill()
            child.wait()
    subprocess.run(["umount", path("small")], stderr=subprocess.DEVNULL)
    shutil.rmtree(FOLDER, ignore_errors=True)
sys.exit(status)
