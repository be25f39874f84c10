#!/usr/bin/env python3
"""filter_programs_test.py DROPIN FILE - unmodified programs of the distribution with filters: on Capstan through the
drop-in folder, and on the system's libpcap, which has to lead them to the same results. FILE is a capture file."""
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

from dropin_lab import (DEMO, FOLDER, LIMIT, OURS, THEIRS, Skipped, environment, finish, need, packets, run, run_tests,
                        same, start)

# ---- traffic: frames that filters tell apart ----

LEFT, RIGHT = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"
IP4, IP6, ARP = 0x0800, 0x86DD, 0x0806
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58


def ethernet(kind, payload, to=RIGHT, tags=b""):
    return (to + LEFT + tags + struct.pack(">H", kind) + payload).ljust(60, b"\0")


def ip4(protocol, payload, source="10.0.0.1", target="10.0.0.2", fragment=0, options=b""):
    head = struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 7, fragment, 64,
                       protocol, 0, socket.inet_aton(source), socket.inet_aton(target))
    return head + options + payload


def ip6(protocol, payload, source="2001:db8::1", target="2001:db8::2"):
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + \
        socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target) + payload


def tcp(source, target, flags, payload=b""):
    return struct.pack(">HHIIBBHHH", source, target, 1, 2, 0x50, flags, 1024, 0, 0) + payload


def udp(source, target, payload=b"what a datagram carries"):
    return struct.pack(">HHHH", source, target, 8 + len(payload), 0) + payload


def arp(sender, target):
    return struct.pack(">HHBBH6s4s6s4s", 1, IP4, 6, 4, 1, LEFT, socket.inet_aton(sender), bytes(6),
                       socket.inet_aton(target))


MIXED = [
    ethernet(IP4, ip4(TCP, tcp(40000, 80, 2))),
    ethernet(IP4, ip4(TCP, tcp(80, 40000, 18), "10.0.0.2", "10.0.0.1")),
    ethernet(IP4, ip4(TCP, tcp(40000, 80, 24, b"GET / HTTP/1.0\r\n\r\n" * 9))),
    ethernet(IP4, ip4(TCP, tcp(40001, 443, 16), options=b"\x94\4\0\0")),
    ethernet(IP4, ip4(TCP, tcp(40002, 22, 4), "192.168.3.4", "172.16.0.9")),
    ethernet(IP4, ip4(UDP, udp(5353, 53))),
    ethernet(IP4, ip4(UDP, udp(53, 5353), fragment=0x2000)),
    ethernet(IP4, ip4(UDP, udp(53, 53), fragment=100)),
    ethernet(IP4, ip4(UDP, udp(6000, 6010, bytes(1200)), target="224.0.0.251"), to=b"\1\0\x5e\0\0\xfb"),
    ethernet(IP4, ip4(UDP, udp(68, 67), "0.0.0.0", "255.255.255.255"), to=b"\xff" * 6),
    ethernet(IP4, ip4(ICMP, b"\x08\0\0\0\0\1\0\2 an echo request")),
    ethernet(IP4, ip4(ICMP, b"\x03\3\0\0\0\0\0\0" + ip4(UDP, udp(1, 2)))),
    ethernet(IP4, ip4(132, struct.pack(">HHII", 80, 5000, 1, 0))),
    ethernet(IP6, ip6(TCP, tcp(40000, 80, 2))),
    ethernet(IP6, ip6(UDP, udp(5353, 53), target="ff02::fb"), to=b"\x33\x33\0\0\0\xfb"),
    ethernet(IP6, ip6(ICMP6, b"\x87\0\0\0\0\0\0\0" + bytes(16))),
    ethernet(IP6, ip6(44, b"\x11\0\0\0\0\0\0\7" + udp(5353, 53))),
    ethernet(ARP, arp("10.0.0.1", "10.0.0.2"), to=b"\xff" * 6),
    ethernet(ARP, arp("10.0.0.3", "10.0.0.4"), to=b"\xff" * 6),
    ethernet(IP4, ip4(TCP, tcp(40003, 80, 2)), tags=b"\x81\0\0\5"),
    ethernet(IP6, ip6(UDP, udp(7, 7)), tags=b"\x88\xa8\0\6\x81\0\0\5"),
    ethernet(0x8847, b"\0\0\x51\x40" + ip4(UDP, udp(9, 9))),
    ethernet(0x8864, b"\x11\0\0\x09\0\x40\0\x21" + ip4(TCP, tcp(1, 80, 2))),
    ethernet(38, b"\x42\x42\3" + bytes(35), to=b"\1\x80\xc2\0\0\0"),
]

FILTERS = {
    "port": "tcp port 80",
    "hosts": "host 10.0.0.2 or 10.0.0.4 or 192.168.3.4",
    "net": "net 10.0.0.0/30 and not udp",
    "flags": "tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn",
    "payload": "ip and tcp and ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0",
    "icmp": "icmp[icmptype] = icmp-echo or icmp6[icmp6type] = icmp6-neighborsolicit",
    "range": "udp portrange 50-6005 or sctp",
    "fragments": "ip[6:2] & 0x3fff != 0",
    "cast": "ether broadcast or ip multicast or ip6 multicast",
    "address": "ether dst 02:00:00:00:00:02 and greater 70",
    "stp": "stp or ether proto 0x8847 or pppoes 9",
    "label": "mpls 5 and udp",
    "vlan": "vlan 5 or vlan 6",
    "tagged": "vlan and ip",
    "ip6": "ip6 host 2001:db8::1 and not tcp",
    "chain": "ip6 protochain 17 or arp",
}


FIRST_SECOND = 1700000000


def savefile(name, frames):
    """`frames` as a capture file, one a second; its path."""
    path = f"{FOLDER}/{name}"
    with open(path, "wb") as file:
        file.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number, frame in enumerate(frames):
            file.write(struct.pack("=IIII", FIRST_SECOND + number, 0, len(frame), len(frame)) + frame)
    return path


def send(frames):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("left", 0))
        for frame in frames:
            wire.send(frame)


# ---- tcpdump ----

def test_tcpdump_reads_with_filters():
    for file in (savefile("mixed", MIXED), DEMO):
        for expression in FILTERS.values():
            same("tcpdump", "-n", "-e", "-r", file, expression)
            same("tcpdump", "-n", "-O", "-r", file, *expression.split())
            same("tcpdump", "-n", "-r", file, f"not ({expression})")


def test_tcpdump_rewrites_with_a_filter_from_a_file():
    """Of comments and lines, too, which tcpdump knows."""
    with open(f"{FOLDER}/expression", "w", encoding="ascii") as file:
        file.write("tcp port 80\n  or arp  \n")
    written = {}
    for library in (OURS, THEIRS):
        said = run(library, "tcpdump", "-r", savefile("mixed", MIXED), "-F", "expression", "-w", f"of.{library}")
        assert said.returncode == 0, said
        written[library] = packets(f"of.{library}")
    assert written[OURS] == written[THEIRS] and len(written[OURS][1]) == 6, written


def matching(expression):
    """The frames that libpcap's plain program finds in a file, where they are as a live filter sees them: the kernel
    keeps the outermost VLAN tag aside, and only `vlan` looks for it there."""
    frames = MIXED if "vlan" in expression else [
        frame[:12] + frame[16:] if frame[12:14] in (b"\x81\0", b"\x88\xa8") else frame for frame in MIXED]
    said = run(THEIRS, "tcpdump", "-n", "-O", "-tt", "-r", savefile("seen", frames), expression)
    assert said.returncode == 0, said
    numbers = [int(line.split(".")[0]) - FIRST_SECOND for line in said.stdout.splitlines()]
    assert 0 < len(numbers) < len(MIXED), (expression, numbers)
    return [MIXED[number] for number in numbers]


def test_tcpdump_captures_live_with_filters():
    """All filters at once, over the same frames."""
    expected = {name: matching(expression) for name, expression in FILTERS.items()}
    running = {(name, library): start(library, "tcpdump", "-Z", "root", "-U", "-Q", "in", "-i", "right", "-w",
                                      f"{name}.{library}", expression, until=b"listening on")
               for name, expression in FILTERS.items() for library in (OURS, THEIRS)}
    send(MIXED)
    time.sleep(1.5)  # tcpdump's read timeout is a second
    for program in running.values():
        program.send_signal(signal.SIGINT)
    for (name, library), program in running.items():
        said = finish(program)[1]
        assert program.returncode == 0, (name, library, said)
        found = [data for _, data in packets(f"{name}.{library}")[1]]
        assert found == expected[name], (name, library, found, expected[name], said)
        assert f"\n{len(found)} packet" in said, (name, library, said)


def notations(*arguments):
    """Our program for a filter as -d, -dd and -ddd print it: its lines of text, and its numbers twice."""
    text, c, numbers = (run(OURS, "tcpdump", option, *arguments).stdout.splitlines()
                        for option in ("-d", "-dd", "-ddd"))
    c = [tuple(int(number, 0) for number in re.findall(r"0x[0-9a-f]+|\d+", line)) for line in c]
    assert int(numbers[0]) == len(numbers) - 1 == len(text), (arguments, numbers, text)
    return text, c, [tuple(int(number) for number in line.split()) for line in numbers[1:]]


def test_tcpdump_lists_programs_in_three_notations():
    """The listings differ from libpcap's where the programs do, so the three are compared with each other; a program
    that leaves no choice is libpcap's to the letter."""
    for expression in ("ip", "arp", "host 192.0.2.16"):
        for option in ("-d", "-dd", "-ddd"):
            same("tcpdump", "-y", "EN10MB", option, expression)
    for expression in FILTERS.values():
        for extra in (("-y", "EN10MB"), ("-y", "EN10MB", "-O"), ("-y", "LINUX_SLL2"), ("-y", "RAW")):
            ours, theirs = (run(library, "tcpdump", *extra, "-d", expression) for library in (OURS, THEIRS))
            assert ours.returncode == theirs.returncode, (ours, theirs)
            if ours.returncode == 0:
                text, c, numbers = notations(*extra, expression)
                assert c == numbers and "(000) " in text[0] and text == ours.stdout.splitlines(), (expression, text)


WRONG = {
    "tpc port 80": "unknown word 'tpc' (did you mean 'tcp'?) at column 1",
    "tcp prot 80": "'prot' (did you mean 'port'?) at column 5",
    "host 10.0.0.1 and port": "found the end of the expression",
    "port 99999": "'99999'",
    "net 10.0.0.1/8": "10.0.0.0 would be the network of its mask at column 5",
    "ip[0:3] = 1": "at column 6",
    "(udp": "found the end of the expression",
    "tcp and udp": "expression rejects all packets",
}


def test_tcpdump_says_what_is_wrong_with_a_filter():
    for expression, sentence in WRONG.items():
        for options in (("-r", DEMO), ("-i", "right"), ("-d",)):
            ours, theirs = (run(library, "tcpdump", *options, expression) for library in (OURS, THEIRS))
            assert ours.returncode == theirs.returncode == 1, (ours, theirs)
            assert sentence in ours.stderr, ours
            assert ours.stderr.count("\n") == theirs.stderr.count("\n"), (ours, theirs)


def test_tcpdump_with_thousands_of_hosts():
    """Sent are frames of every fourth host of the list and of as many others. libpcap needs minutes for the list."""
    hosts = [f"10.{1 + number % 50}.{number // 250}.{number % 250}" for number in range(5000)]
    with open(f"{FOLDER}/hosts", "w", encoding="ascii") as file:
        file.write("udp and (host " + " or ".join(hosts) + ")")
    wanted = [ethernet(IP4, ip4(UDP, udp(1, 2), source=host)) for host in hosts[::4]]
    others = [ethernet(IP4, ip4(UDP, udp(1, 2), host.replace("10.", "11.", 1), "12.0.0.1")) for host in hosts[::4]]
    both = [frame for pair in zip(wanted, others) for frame in pair]
    file = savefile("many", both)
    said = run(OURS, "tcpdump", "-r", file, "-F", "hosts", "-w", "of.hosts")
    assert said.returncode == 0, said
    assert [data for _, data in packets("of.hosts")[1]] == wanted
    program = start(OURS, "tcpdump", "-Z", "root", "-i", "right", "-c", str(len(wanted)), "-F", "hosts", "-w",
                    "live.hosts", until=b"listening on")
    send(both)
    said = finish(program)[1]
    assert program.returncode == 0 and "0 packets dropped by kernel" in said, said
    assert [data for _, data in packets("live.hosts")[1]] == wanted, said


# ---- Wireshark's programs and tcpreplay's ----

def need_wireshark():
    need("dumpcap")
    if "Capstan" not in run(OURS, "dumpcap", "--version").stdout:
        raise Skipped("the loader gives programs with file capabilities the system's libraries only")


def test_wireshark_programs_capture_with_filters():
    need_wireshark()
    running = {}
    for program, options in (("dumpcap", ("-q", "-P")), ("tshark", ("-q", "-F", "pcap"))):
        for library in (OURS, THEIRS):
            for name in ("port", "tagged"):
                file = f"{program}.{name}.{library}"
                running[file, name] = start(library, program, *options, "-i", "right", "-f", FILTERS[name], "-c", "3"
                                            if name == "port" else "1", "-w", f"{FOLDER}/{file}", until=b"Capturing on")
    end = time.monotonic() + LIMIT
    # A file is there when its capture has begun.
    while any(not os.path.exists(f"{FOLDER}/{file}") for file, _ in running) and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)
    send(MIXED)
    for (file, name), program in running.items():
        said = finish(program)[1]
        assert program.returncode == 0, (file, said)
        expected = [MIXED[number] for number in ((0, 1, 2) if name == "port" else (19,))]
        assert [data for _, data in packets(file)[1]] == expected, (file, said)


def test_wireshark_programs_say_what_is_wrong_with_a_filter():
    need_wireshark()
    for command in (("dumpcap", "-w", f"{FOLDER}/never"), ("tshark",)):
        ours, theirs = (run(library, *command, "-i", "right", "-f", "tpc port 80") for library in (OURS, THEIRS))
        assert ours.returncode == theirs.returncode == 1, (ours, theirs)
        sentence = "isn't a valid capture filter (unknown word 'tpc' (did you mean 'tcp'?) at column 1)"
        assert sentence in ours.stderr, ours
        shown, known = (said.stderr.split("isn't a valid capture filter")[0] for said in (ours, theirs))
        assert shown == known, (ours, theirs)


def test_dumpcap_prints_the_program():
    need_wireshark()
    ours, theirs = (run(library, "dumpcap", "-d", "-i", "right", "-f", "ip host 10.0.0.1")
                    for library in (OURS, THEIRS))
    assert ours.returncode == 0 and "(000) ldh" in ours.stdout, ours
    assert (ours.stdout, ours.stderr) == (theirs.stdout, theirs.stderr), (ours, theirs)


def test_tcpprep_includes_by_filter():
    listings = {}
    for library in (OURS, THEIRS):
        cache = f"cache.{library}"
        said = run(library, "tcpprep", "-a", "bridge", "-x", "F:tcp port 80 or arp", "-i", DEMO, "-o", cache)
        assert said.returncode == 0, said
        listings[library] = run(library, "tcpprep", "-I", cache).stdout
    included = len(run(THEIRS, "tcpdump", "-n", "-r", DEMO, "tcp port 80 or arp").stdout.splitlines())
    assert listings[OURS] == listings[THEIRS] and listings[OURS].count("->") == included > 0, listings
    said = run(OURS, "tcpprep", "-a", "bridge", "-x", "F:tpc port 80", "-i", DEMO, "-o", "never")
    assert said.returncode != 0 and "did you mean 'tcp'" in said.stderr, said


# ---- scanners: a neighbour in a network namespace of its own ----

NEIGHBOUR = """
import socket, sys, time
def listen(family, port):
    wire = socket.socket(family)
    if family == socket.AF_INET6:
        wire.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    wire.bind(("", port))
    wire.listen()
    return wire
wires = [listen(family, port) for family in (socket.AF_INET, socket.AF_INET6) for port in (22, 8080)]
wires.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
wires[-1].bind(("", 5353))
print("ready", file=sys.stderr, flush=True)
sys.stdin.read()
"""
OPEN = ("22/tcp", "8080/tcp")


class Neighbour:
    """Addresses .2 to .5 beyond `near`, which is .1, and a few services there."""

    def __enter__(self):
        self.program = subprocess.Popen(["unshare", "-n", sys.executable, "-c", NEIGHBOUR], stdin=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        assert self.program.stderr.readline() == b"ready\n", "no neighbour"
        self.ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(self.program.pid))
        there = ("nsenter", "-t", str(self.program.pid), "-n")
        for where, device, numbers in (((), "near", (1,)), (there, "far", (2, 3, 4, 5))):
            for number in numbers:
                self.ip("address", "add", f"10.77.0.{number}/24", "dev", device, where=where)
                self.ip("-6", "address", "add", f"fd77::{number}/64", "dev", device, "nodad", where=where)
            self.ip("link", "set", device, "up", where=where)
        self.ip("link", "set", "lo", "up", where=there)
        time.sleep(0.3)
        return self

    @staticmethod
    def ip(*arguments, where=()):
        subprocess.run([*where, "ip", *arguments], check=True)

    def __exit__(self, *failure):
        self.program.stdin.close()
        self.program.wait(LIMIT)
        subprocess.run(["ip", "link", "delete", "near"], check=False, stderr=subprocess.DEVNULL)


def report(library, *command):
    """What a scanner reports, without what differs from run to run: times, and the order of the answers."""
    said = run(library, *command)
    assert said.returncode == 0, said
    lines = [re.sub(r" \([0-9.]+s latency\)| in [0-9.]+ seconds.*|at \d{4}-.*| +[0-9.]+ ms ", " ", line).strip()
             for line in said.stdout.splitlines()]
    return [line for line in lines if line and not line.startswith(("Starting", "Ending"))], said


def same_report(*command):
    (ours, said), (theirs, other) = report(OURS, *command), report(THEIRS, *command)
    assert ours == theirs, f"{command}: {said}\nlibpcap: {other}"
    return ours


def test_nmap_is_told_whose_library_it_is():
    assert "Capstan" in run(OURS, "nmap", "--version").stdout
    said = run(OURS, "nmap", "--iflist")
    assert said.returncode == 0 and "right" in said.stdout, said


def need_nmap():
    """nmap wants raw sockets, which root of a user namespace has, too, but asks for the number 0."""
    need("nmap")
    if os.geteuid() != 0:
        raise Skipped("nmap scans with raw sockets for root only")


def test_nmap_scans_for_open_ports():
    need_nmap()
    with Neighbour():
        for family, addresses in (((), "10.77.0.2-5"), (("-6",), "fd77::2")):
            for how in (("-sS", "-Pn"), ("-sS", "-Pn", "--send-eth"), ("-sF", "-Pn"), ("-sA",)):
                lines = same_report("nmap", *family, *how, "-n", "-p", "22,23,8080,9999", addresses)
                hosts = 1 if family else 4
                found = [line for line in lines if line.startswith(OPEN)]
                assert len(found) == 2 * hosts or "-sA" in how, (how, lines)
        lines = same_report("nmap", "-sU", "-n", "-Pn", "-p", "5353,9", "10.77.0.2")
        assert any(line.startswith("9/udp") and "closed" in line for line in lines), lines


def test_nmap_finds_hosts():
    """By ARP and neighbour discovery, which go out as frames and come back through filters only; by echo requests."""
    need_nmap()
    with Neighbour():
        for command in (("-PR", "--send-eth", "10.77.0.0/28"), ("-PE", "--disable-arp-ping", "10.77.0.2-9"),
                        ("-PS22", "--disable-arp-ping", "10.77.0.2-5"), ("-6", "fd77::2", "fd77::5", "fd77::7")):
            lines = same_report("nmap", "-sn", "-n", *command)
            hosts = [line for line in lines if line.startswith("Nmap scan report for")]
            assert len(hosts) == {"-PR": 5, "-6": 2}.get(command[0], 4), (command, lines)


def test_nmap_traces_a_route():
    need_nmap()
    with Neighbour():
        lines = same_report("nmap", "-sS", "-n", "-Pn", "-p", "22", "--traceroute", "10.77.0.2")
        assert any(line.startswith("1") and line.endswith("10.77.0.2") for line in lines), lines


def test_arp_scan_finds_hosts():
    need("arp-scan")
    if os.geteuid() != 0:
        raise Skipped("arp-scan opens packet sockets for root only")
    with Neighbour():
        ours, theirs = (run(library, "arp-scan", "-x", "-N", "-g", "-I", "near", "10.77.0.0/28")
                        for library in (OURS, THEIRS))
        assert ours.returncode == theirs.returncode == 0, (ours, theirs)
        assert sorted(ours.stdout.splitlines()) == sorted(theirs.stdout.splitlines()), (ours, theirs)
        assert ours.stdout.count("10.77.0.") == 4, ours


# ---- by name, as scapy calls ----

CALLS = """
import ctypes as c, sys
class Instruction(c.Structure):
    _fields_ = [("code", c.c_ushort), ("jt", c.c_ubyte), ("jf", c.c_ubyte), ("k", c.c_uint)]
class Program(c.Structure):
    _fields_ = [("length", c.c_uint), ("instructions", c.POINTER(Instruction))]
class Header(c.Structure):
    _fields_ = [("seconds", c.c_long), ("microseconds", c.c_long), ("caplen", c.c_uint), ("length", c.c_uint)]
pcap = c.CDLL("libpcap.so.0.8")
pcap.pcap_open_live.restype = pcap.pcap_open_offline.restype = pcap.pcap_open_dead.restype = c.c_void_p
pcap.pcap_geterr.restype = c.c_char_p
errbuf, program, header, data = c.create_string_buffer(256), Program(), c.POINTER(Header)(), c.POINTER(c.c_ubyte)()
def read(handle, count):
    for _ in range(count):
        status = 0
        while status == 0:  # the timeout
            status = pcap.pcap_next_ex(handle, c.byref(header), c.byref(data))
        print(status, header.contents.length, bytes(data[:header.contents.caplen]).hex())
live = c.c_void_p(pcap.pcap_open_live(b"right", 65535, 1, 100, errbuf))
print(pcap.pcap_compile(live, c.byref(program), b"tcp dst port 80", 1, -1), program.length > 4)
print(pcap.pcap_setfilter(live, c.byref(program)))
print("ready", file=sys.stderr, flush=True)
read(live, 3)
packet = Header(0, 0, 60, 60)
frame = bytes(data[:60])
print(pcap.pcap_offline_filter(c.byref(program), c.byref(packet), frame))
print(pcap.pcap_offline_filter(c.byref(program), c.byref(packet), frame[:20] + b"\\x11" + frame[21:]))
pcap.pcap_freecode(c.byref(program))
print(program.length, bool(program.instructions))
print(pcap.pcap_compile(live, c.byref(program), b"tcp dst prot 80", 1, -1), len(pcap.pcap_geterr(live)) > 5)
pcap.pcap_close(live)
saved = c.c_void_p(pcap.pcap_open_offline(sys.argv[1].encode(), errbuf))
print(pcap.pcap_compile(saved, c.byref(program), b"arp or icmp6", 0, 0), pcap.pcap_setfilter(saved, c.byref(program)))
pcap.pcap_freecode(c.byref(program))
read(saved, 3)
pcap.pcap_close(saved)
dead = c.c_void_p(pcap.pcap_open_dead(1, 99))
print(pcap.pcap_compile(dead, c.byref(program), b"", 1, 0), program.length, program.instructions[0].k)
pcap.pcap_freecode(c.byref(program))
print(pcap.pcap_compile(dead, c.byref(program), b"ip broadcast", 1, 0xffffffff))
print(pcap.pcap_compile(dead, c.byref(program), b"ip broadcast", 1, 0xffffff00), program.length > 4)
pcap.pcap_close(dead)
"""


def test_python_compiles_by_name():
    file = savefile("mixed", MIXED)
    programs = {library: start(library, sys.executable, "-c", CALLS, file, until=b"ready")
                for library in (OURS, THEIRS)}
    send(MIXED)
    said = {library: finish(program) for library, program in programs.items()}
    assert said[OURS] == said[THEIRS] and said[OURS][0].count("\n") > 14, said
    assert all(program.returncode == 0 for program in programs.values()), said


run_tests(dict(globals()))
