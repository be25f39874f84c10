#!/usr/bin/env python3
"""make_demo.py - writes demo.pcap: a few seconds of an invented home network, for the demo and the tests.

Every byte is made here (documentation addresses, RFC 5737 and RFC 3849), so the file is free to ship. The same file
in every run: make_demo.py [OUT]"""
import ipaddress
import os
import random
import struct
import sys

rng = random.Random(1969)
MAC = {"pc": bytes.fromhex("020000000010"), "router": bytes.fromhex("020000000001"), "cam": bytes.fromhex("020000000020")}
IP4 = {"pc": "192.0.2.16", "router": "192.0.2.1", "cam": "192.0.2.32", "web": "198.51.100.80"}
IP6 = {"pc": "2001:db8::10", "router": "2001:db8::1"}


def addr(text):
    return ipaddress.ip_address(text).packed


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def with_checksum(segment, at, pseudo=b""):
    value = checksum(pseudo + segment)
    return segment[:at] + struct.pack("!H", value or 0xffff) + segment[at + 2:]


def ether(src, dst, kind, payload, vlan=None):
    tag = struct.pack("!HH", 0x8100, vlan) if vlan is not None else b""
    return (dst + src + tag + struct.pack("!H", kind) + payload).ljust(60, b"\0")


ident = 0x1000


def ipv4(src, dst, proto, payload, ttl=64):
    global ident
    ident = (ident + 1) & 0xffff
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, 0x4000, ttl, proto, 0, addr(src), addr(dst))
    return with_checksum(head, 10) + payload


def ipv6(src, dst, proto, payload, hops=255):
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), proto, hops, addr(src), addr(dst)) + payload


def pseudo(src, dst, proto, size):
    if ":" in src:
        return addr(src) + addr(dst) + struct.pack("!IHBB", size, 0, 0, proto)
    return addr(src) + addr(dst) + struct.pack("!BBH", 0, proto, size)


def udp(src, dst, sport, dport, data):
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
    return with_checksum(head + data, 6, pseudo(src, dst, 17, 8 + len(data)))


def tcp(src, dst, sport, dport, seq, ack, flags, data=b"", options=b""):
    offset = (20 + len(options)) // 4
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, offset << 4, flags, 64240, 0, 0)
    segment = head + options + data
    return with_checksum(segment, 16, pseudo(src, dst, 6, len(segment)))


def icmp(kind, number, seq, data):
    return with_checksum(struct.pack("!BBHHH", kind, 0, 0, number, seq) + data, 2)


def icmp6(src, dst, body):
    return with_checksum(body, 2, pseudo(src, dst, 58, len(body)))


clock = 1704110400 * 1000000  # 2024-01-01 12:00:00 UTC, in microseconds
frames = []


def send(frame, gap_us):
    global clock
    clock += rng.randint(gap_us // 2, gap_us * 3 // 2)
    frames.append((clock, frame))


def up(payload, gap_us, kind=0x0800):
    send(ether(MAC["pc"], MAC["router"], kind, payload), gap_us)


def down(payload, gap_us, kind=0x0800):
    send(ether(MAC["router"], MAC["pc"], kind, payload), gap_us)


def arp():
    ask = struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, MAC["pc"], addr(IP4["pc"]), b"\0" * 6, addr(IP4["router"]))
    reply = struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 2, MAC["router"], addr(IP4["router"]), MAC["pc"], addr(IP4["pc"]))
    send(ether(MAC["pc"], b"\xff" * 6, 0x806, ask), 2000)
    down(reply, 300, 0x806)


def name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".")) + b"\0"


def dns(host, kind, answer, number):
    question = name(host) + struct.pack("!HH", kind, 1)
    port = 40000 + number % 20000
    query = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + question
    record = struct.pack("!HHHIH", 0xc00c, kind, 1, 300, len(answer)) + answer
    response = struct.pack("!HHHHHH", number, 0x8180, 1, 1, 0, 0) + question + record
    up(ipv4(IP4["pc"], IP4["router"], 17, udp(IP4["pc"], IP4["router"], port, 53, query)), 4000)
    down(ipv4(IP4["router"], IP4["pc"], 17, udp(IP4["router"], IP4["pc"], 53, port, response)), 15000)


def ping(number, count):
    data = bytes(range(48))
    for seq in range(1, count + 1):
        up(ipv4(IP4["pc"], IP4["web"], 1, icmp(8, number, seq, struct.pack("!Q", clock) + data)), 200000)
        echoed = frames[-1][1][42:98]
        down(ipv4(IP4["web"], IP4["pc"], 1, icmp(0, number, seq, echoed), 56), 11000)


def http(sport, path, body):
    """Handshake, request, response in full segments, close from both sides."""
    me, web = IP4["pc"], IP4["web"]
    x, y = rng.getrandbits(32), rng.getrandbits(32)
    request = ("GET %s HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: demo/1.0\r\nAccept: */*\r\n\r\n" % path).encode()
    reply = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    mss = struct.pack("!BBH", 2, 4, 1460)

    def to(flags, data=b"", options=b"", gap=200):
        up(ipv4(me, web, 6, tcp(me, web, sport, 80, x, y, flags, data, options)), gap)

    def back(flags, data=b"", options=b"", gap=200):
        down(ipv4(web, me, 6, tcp(web, me, 80, sport, y, x, flags, data, options), 56), gap)

    y_start = y
    y = 0
    to(0x02, options=mss, gap=3000)
    x, y = x + 1, y_start
    back(0x12, options=mss, gap=11000)
    y += 1
    to(0x10)
    to(0x18, request)
    x += len(request)
    back(0x10, gap=11000)
    for at in range(0, len(reply), 1460):
        part = reply[at:at + 1460]
        back(0x18 if at + 1460 >= len(reply) else 0x10, part, gap=130)
        y += len(part)
        if at // 1460 % 2:
            to(0x10, gap=60)
    to(0x11, gap=900)
    x += 1
    back(0x11, gap=11000)
    y += 1
    to(0x10)


def neighbours():
    me, router = IP6["pc"], IP6["router"]
    group = "ff02::1:ff00:1"
    option = struct.pack("!BB6s", 1, 1, MAC["pc"])
    ask = icmp6(me, group, struct.pack("!BBHI16s", 135, 0, 0, 0, addr(router)) + option)
    send(ether(MAC["pc"], bytes.fromhex("3333ff000001"), 0x86dd, ipv6(me, group, 58, ask)), 30000)
    option = struct.pack("!BB6s", 2, 1, MAC["router"])
    reply = icmp6(router, me, struct.pack("!BBHI16s", 136, 0, 0, 0xe0000000, addr(router)) + option)
    down(ipv6(router, me, 58, reply), 400, 0x86dd)
    for seq in range(1, 5):
        data = bytes(rng.randrange(256) for _ in range(56))
        up(ipv6(me, router, 58, icmp6(me, router, struct.pack("!BBHHH", 128, 0, 0, 77, seq) + data), 64), 90000, 0x86dd)
        down(ipv6(router, me, 58, icmp6(router, me, struct.pack("!BBHHH", 129, 0, 0, 77, seq) + data), 64), 500, 0x86dd)


def camera(count):
    """A tagged flow, VLAN 20 with priority 5, of growing datagrams."""
    for i in range(count):
        data = struct.pack("!I", i) + bytes(rng.randrange(256) for _ in range(20 + i * 29))
        packet = ipv4(IP4["cam"], IP4["pc"], 17, udp(IP4["cam"], IP4["pc"], 52000, 52001, data))
        send(ether(MAC["cam"], MAC["pc"], 0x0800, packet, vlan=5 << 13 | 20), 20000)


arp()
dns("www.example.com", 1, addr(IP4["web"]), 4711)
dns("www.example.com", 28, addr("2001:db8:80::80"), 4712)
ping(33, 10)
http(50100, "/hello.txt", b"Hello from the demo.\n" * 3)
http(50102, "/story.txt", b"The quick brown fox jumps over the lazy dog. " * 500)
neighbours()
camera(24)
arp()
http(50104, "/again.txt", b"0123456789abcdef" * 700)
ping(34, 10)

out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo.pcap")
with open(out, "wb") as f:
    f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
    for when, frame in frames:
        f.write(struct.pack("<IIII", when // 1000000, when % 1000000, len(frame), len(frame)) + frame)
