#!/usr/bin/env python3
"""decode_test.py CAPSTAN - the line that `capstan read` prints for packets of many kinds, whole and cut off anywhere."""
import os
import socket
import struct
import subprocess
import sys

import running

CAPSTAN = os.path.abspath(sys.argv[1])
LIMIT = 60
ETHERNET, NULL, LOOP, RAW, SLL, SLL2, PPP, HDLC, IPV4, IPV6, WIFI = 1, 0, 108, 101, 113, 276, 9, 104, 228, 229, 105
MACS = b"\2\0\0\0\0\2" + b"\2\0\0\0\0\1"


def ip4(protocol, payload, fragment=0, options=b"", total=None):
    words = 5 + len(options) // 4
    total = words * 4 + len(payload) if total is None else total
    return struct.pack(">BBHHHBBH4s4s", 0x40 | words, 0, total, 0, fragment, 64, protocol, 0, b"\n\0\0\1", b"\n\0\0\2") + \
        options + payload


def ip6(protocol, payload):
    return struct.pack(">IHBB16s16s", 0x60000000, len(payload), protocol, 64, socket.inet_pton(socket.AF_INET6, "2001:db8::1"),
                       socket.inet_pton(socket.AF_INET6, "2001:db8::2")) + payload


def ether(kind, payload, *tags):
    return MACS + b"".join(struct.pack(">HH", *tag) for tag in tags) + struct.pack(">H", kind) + payload


def tcp(flags):
    return struct.pack(">HHIIBBHHH", 1000, 80, 1, 2, 0x50, flags, 512, 0, 0)


UDP = struct.pack(">HHHH", 1000, 53, 8, 0)
ECHO = struct.pack(">BBHHH", 8, 0, 0, 77, 3)
ECHO6 = struct.pack(">BBHHH", 128, 0, 0, 77, 3)
SOLICITATION = struct.pack(">BBHI", 135, 0, 0, 0) + socket.inet_pton(socket.AF_INET6, "fe80::7")


def arp(operation):
    return struct.pack(">HHBBH6s4s6s4s", 1, 0x800, 6, 4, operation, b"\2\0\0\0\0\1", b"\n\0\0\1", bytes(6), b"\n\0\0\2")


def cooked2(kind, way):
    return struct.pack(">HHIHBB8s", kind, 0, 3, 1, way, 6, bytes(8))


FOUR, SIX = "10.0.0.1 > 10.0.0.2", "2001:db8::1 > 2001:db8::2"
CASES = (
    (ETHERNET, ether(0x800, ip4(6, tcp(0x02))), "10.0.0.1:1000 > 10.0.0.2:80 TCP SYN", "IPv4 TCP"),
    (ETHERNET, ether(0x800, ip4(6, tcp(0xD8))), "10.0.0.1:1000 > 10.0.0.2:80 TCP PSH,ACK,ECE,CWR", "IPv4 TCP"),
    (ETHERNET, ether(0x800, ip4(6, tcp(0x10), options=bytes(8))), "10.0.0.1:1000 > 10.0.0.2:80 TCP ACK", "IPv4 TCP"),
    (ETHERNET, ether(0x800, ip4(17, UDP)), "10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (ETHERNET, ether(0x800, ip4(17, UDP, total=0)), "10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (ETHERNET, ether(0x800, ip4(17, UDP, fragment=0x2000)), "10.0.0.1:1000 > 10.0.0.2:53 UDP fragment", "IPv4 UDP"),
    (ETHERNET, ether(0x800, ip4(17, UDP, fragment=0x2001)), FOUR + " UDP fragment", "IPv4 UDP"),
    (ETHERNET, ether(0x800, ip4(17, b"") + b"\1\2\3\4\5\6\7\10"), FOUR + " UDP", "IPv4 UDP"),
    (ETHERNET, ether(0x800, ip4(1, ECHO)), FOUR + " ICMP echo request id 77 seq 3", "IPv4 ICMP"),
    (ETHERNET, ether(0x800, ip4(1, b"\3\1\0\0")), FOUR + " ICMP unreachable", "IPv4 ICMP"),
    (ETHERNET, ether(0x800, ip4(1, b"\x63\1\0\0")), FOUR + " ICMP type 99", "IPv4 ICMP"),
    (ETHERNET, ether(0x800, ip4(2, bytes(8))), FOUR + " IGMP", "IPv4 IGMP"),
    (ETHERNET, ether(0x800, ip4(89, bytes(8))), FOUR + " OSPF", "IPv4 OSPF"),
    (ETHERNET, ether(0x800, ip4(200, bytes(8))), FOUR + " protocol 200", "IPv4 protocol 200"),
    (ETHERNET, ether(0x800, b"\x43" + bytes(30)), "IPv4, header damaged or cut off", "IPv4"),
    (ETHERNET, ether(0x806, arp(1)), "ARP who has 10.0.0.2? tell 10.0.0.1", "ARP"),
    (ETHERNET, ether(0x806, arp(2)), "ARP 10.0.0.1 is at 02:00:00:00:00:01", "ARP"),
    (ETHERNET, ether(0x8035, arp(3)), "ARP operation 3", "ARP"),
    (ETHERNET, ether(0x86DD, ip6(17, UDP)), "[2001:db8::1]:1000 > [2001:db8::2]:53 UDP", "IPv6 UDP"),
    (ETHERNET, ether(0x86DD, ip6(6, tcp(0x11))), "[2001:db8::1]:1000 > [2001:db8::2]:80 TCP FIN,ACK", "IPv6 TCP"),
    (ETHERNET, ether(0x86DD, ip6(58, ECHO6)), SIX + " ICMPv6 echo request id 77 seq 3", "IPv6 ICMPv6"),
    (ETHERNET, ether(0x86DD, ip6(58, SOLICITATION)), SIX + " ICMPv6 neighbor solicitation of fe80::7", "IPv6 ICMPv6"),
    (ETHERNET, ether(0x86DD, ip6(0, b"\x3a\0\5\2\0\0\1\0" + b"\x8f\0\0\0")), SIX + " ICMPv6 multicast listener report", "IPv6 ICMPv6"),
    (ETHERNET, ether(0x86DD, ip6(0, b"\x2b\0" + bytes(6) + b"\x3c\1" + bytes(14) + b"\x11\0" + bytes(6) + UDP)),
     "[2001:db8::1]:1000 > [2001:db8::2]:53 UDP", "IPv6 UDP"),
    (ETHERNET, ether(0x86DD, ip6(44, b"\x11\0\0\1\0\0\0\1" + UDP)), "[2001:db8::1]:1000 > [2001:db8::2]:53 UDP fragment", "IPv6 UDP"),
    (ETHERNET, ether(0x86DD, ip6(44, b"\x11\0\0\x08\0\0\0\1" + UDP)), SIX + " UDP fragment", "IPv6 UDP"),
    (ETHERNET, ether(0x86DD, ip6(51, b"\x11\4" + bytes(22) + UDP)), "[2001:db8::1]:1000 > [2001:db8::2]:53 UDP", "IPv6 UDP"),
    (ETHERNET, ether(0x86DD, ip6(59, b"")), SIX + " no payload", "IPv6 no payload"),
    (ETHERNET, ether(0x86DD, ip6(41, b"")), SIX + " IPv6", "IPv6 IPv6"),
    (ETHERNET, ether(0x800, ip4(17, UDP), (0x8100, 0x6007)), "vlan 7, 10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (ETHERNET, ether(0x806, arp(1), (0x88A8, 100), (0x8100, 0)), "vlan 100, vlan 0, ARP who has 10.0.0.2? tell 10.0.0.1", "ARP"),
    (ETHERNET, ether(0x88B5, bytes(8), (0x8100, 9)), "vlan 9, 02:00:00:00:00:01 > 02:00:00:00:00:02 type 0x88b5", "type 0x88b5"),
    (ETHERNET, ether(0x88CC, bytes(8)), "02:00:00:00:00:01 > 02:00:00:00:00:02 LLDP", "LLDP"),
    (ETHERNET, ether(0x8864, b"\x11\0\0\1\0\x1e\0\x21" + ip4(17, UDP)), "PPPoE, 10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (ETHERNET, ether(0x8864, b"\x11\0\0\1\0\x1e\xc0\x21\1\1"), "PPPoE, PPP protocol 0xc021", "PPP protocol 0xc021"),
    (ETHERNET, ether(38, b"\x42\x42\3" + bytes(35)), "02:00:00:00:00:01 > 02:00:00:00:00:02 STP", "LLC STP"),
    (ETHERNET, ether(10, b"\6\6\3" + bytes(7)), "02:00:00:00:00:01 > 02:00:00:00:00:02 LLC, 10 bytes", "LLC"),
    (ETHERNET, ether(36, b"\xaa\xaa\3\0\0\0\x08\0" + ip4(17, UDP)), "10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (RAW, ip4(17, UDP), "10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (RAW, ip6(17, UDP), "[2001:db8::1]:1000 > [2001:db8::2]:53 UDP", "IPv6 UDP"),
    (RAW, b"\x70" + bytes(40), "IP of version 7", "IP"),
    (IPV4, ip4(17, UDP), "10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (IPV6, ip6(17, UDP), "[2001:db8::1]:1000 > [2001:db8::2]:53 UDP", "IPv6 UDP"),
    (NULL, struct.pack("<I", 2) + ip4(17, UDP), "10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (NULL, struct.pack(">I", 30) + ip6(17, UDP), "[2001:db8::1]:1000 > [2001:db8::2]:53 UDP", "IPv6 UDP"),
    (NULL, struct.pack("<I", 16) + b"\0", "address family 16", "address family 16"),
    (LOOP, struct.pack(">I", 24) + ip6(17, UDP), "[2001:db8::1]:1000 > [2001:db8::2]:53 UDP", "IPv6 UDP"),
    (SLL, struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x800) + ip4(17, UDP), "in, 10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (SLL, struct.pack(">HHH8sH", 4, 1, 6, bytes(8), 0x806) + arp(1), "out, ARP who has 10.0.0.2? tell 10.0.0.1", "ARP"),
    (SLL, struct.pack(">HHH8sH", 2, 1, 6, bytes(8), 4) + b"\x42\x42\3", "multicast, STP", "LLC STP"),
    (SLL2, cooked2(0x86DD, 1) + ip6(17, UDP), "interface 3 broadcast, [2001:db8::1]:1000 > [2001:db8::2]:53 UDP", "IPv6 UDP"),
    (SLL2, cooked2(0x8100, 3) + b"\0\5\x08\0" + ip4(17, UDP), "interface 3 to another host, vlan 5, "
     "10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (PPP, b"\xff\3\0\x21" + ip4(17, UDP), "10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (PPP, b"\0\x57" + ip6(17, UDP), "[2001:db8::1]:1000 > [2001:db8::2]:53 UDP", "IPv6 UDP"),
    (HDLC, b"\x0f\0\x08\0" + ip4(17, UDP), "10.0.0.1:1000 > 10.0.0.2:53 UDP", "IPv4 UDP"),
    (WIFI, bytes(range(20)), "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f ...", "IEEE802_11"),
)


def read(linktype, packets, *options):
    """`packets`: (length on the wire, bytes saved)."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, linktype)
    for length, packet in packets:
        data += struct.pack("<IIII", 1700000000, 0, len(packet), length) + packet
    result = subprocess.run([CAPSTAN, "read", *options, "-"], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            timeout=LIMIT)
    assert result.returncode == 0 and not result.stderr, (result.returncode, result.stderr)
    return result.stdout.decode().splitlines()


def packets_are_shown_as_far_as_they_are_understood():
    for linktype, packet, wanted, protocol in CASES:
        line, = read(linktype, [(len(packet), packet)])
        assert line.split(" ", 2)[2].lstrip().split(" ", 2)[2] == wanted, (wanted, line)
        lines = read(linktype, [(len(packet), packet)], "-s")
        assert lines[lines.index("protocols") + 1].split("  ")[1].strip() == protocol, (protocol, lines)


def a_packet_may_be_cut_off_anywhere():
    """Each beginning of each packet: shown, with what was saved of it. That nothing behind is read shows tests/unit/decode_bounds_test.c."""
    for linktype, packet, _, _ in CASES:
        lines = read(linktype, [(len(packet), packet[:end]) for end in range(len(packet))])
        assert len(lines) == len(packet)
        for end, line in enumerate(lines):
            assert line.endswith(" (%d bytes saved)" % end), line
    lines = read(ETHERNET, [(60, ether(0x800, ip4(6, tcp(2)))[:end]) for end in (10, 14, 20, 34, 38, 48)])
    assert [line.split("EN10MB ")[1].split(" (")[0] for line in lines] == [
        "Ethernet, header cut off", "IPv4, header damaged or cut off", "IPv4, header damaged or cut off", FOUR + " TCP",
        "10.0.0.1:1000 > 10.0.0.2:80 TCP", "10.0.0.1:1000 > 10.0.0.2:80 TCP SYN"], lines


def main():
    tests = [packets_are_shown_as_far_as_they_are_understood, a_packet_may_be_cut_off_anywhere]
    return running.each(tests)


sys.exit(main())
