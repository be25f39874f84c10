#!/usr/bin/env python3
"""savefile_made.py FOLDER | --c FILE - small savefiles made by hand: every variant of pcap, every block and option of
pcapng, little- and big-endian, good and wrong in one thing. Writes them into a folder, or as C arrays for programs that
damage them.

draft-ietf-opsawg-pcap and -pcapng. Names ending in -le and -be are the same file in the two byte orders."""
import os
import struct
import sys

START = 1700000000


def frame(number, size):
    """An Ethernet frame with a UDP datagram."""
    size = max(size, 42)
    udp = struct.pack(">HHHH", 1000, 2000 + number, size - 34, 0) + bytes((number + i) & 255 for i in range(size - 42))
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size - 14, number, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\2")
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0" + ip + udp


# ---- pcap ----

def pcap(order, magic=0xA1B2C3D4, version=(2, 4), snaplen=262144, linktype=1, packets=5, sizes=(60, 42, 61, 1514, 43)):
    data = struct.pack(order + "IHHiIII", magic, *version, 0, 0, snaplen, linktype)
    for number in range(packets):
        frame_bytes = frame(number, sizes[number % len(sizes)])
        if linktype == 0:  # the address family is in the writer's byte order
            frame_bytes = struct.pack(order + "I", 2) + frame_bytes[14:]
        caplen, length = min(len(frame_bytes), snaplen or 262144), len(frame_bytes)
        lengths = (length, caplen) if version in ((2, 0), (2, 2), (543, 0)) else (caplen, length)
        data += struct.pack(order + "IIII", START + number, 123456 + number, *lengths)
        if magic == 0xA1B2CD34:
            data += struct.pack(order + "IHBB", 3, 0x0800, 4, 0)
        data += frame_bytes[:caplen]
    return data


def make_pcap():
    for suffix, order in (("le", "<"), ("be", ">")):
        for name, magic in (("micro", 0xA1B2C3D4), ("nano", 0xA1B23C4D), ("modified", 0xA1B2CD34)):
            yield f"pcap-{name}-{suffix}", pcap(order, magic)
        for version in ((2, 0), (2, 2), (2, 3), (543, 0), (1, 2), (2, 5), (3, 0)):
            yield f"pcap-version-{version[0]}.{version[1]}-{suffix}", pcap(order, version=version)
        for snaplen in (0, 1, 50, 65535, 0x7FFFFFFF, 0xFFFFFFFF):
            yield f"pcap-snaplen-{snaplen}-{suffix}", pcap(order, snaplen=snaplen)
        yield f"pcap-empty-{suffix}", pcap(order, packets=0)
        yield f"pcap-linktype-fcs-{suffix}", pcap(order, linktype=0x24000001)
        for linktype in (0, 101, 113, 127, 189, 220, 228, 276, 65000):
            yield f"pcap-linktype-{linktype}-{suffix}", pcap(order, linktype=linktype)


# ---- pcapng ----

END = (0, b"")
COMMENT = [(1, b"a comment"), (1, "a second one, with \u00fcmlauts".encode())]


class Ng:
    """Blocks in one byte order."""

    def __init__(self, order):
        self.order = order

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def block(self, kind, body, total=None, trailer=None):
        body += b"\0" * (-len(body) % 4)
        total = len(body) + 12 if total is None else total
        return self.pack("II", kind, total) + body + self.pack("I", total if trailer is None else trailer)

    def options(self, options, end=True):
        data = b""
        for code, value in list(options) + ([END] if options and end else []):
            data += self.pack("HH", code, len(value)) + value + b"\0" * (-len(value) % 4)
        return data

    def custom(self):
        """The four kinds, of an enterprise number that IANA keeps for documentation."""
        number = self.pack("I", 32473)
        return [(2988, number + b"text"), (2989, number + b"\1\2\3"), (19372, number + b"text"), (19373, number + b"\1")]

    def section(self, options=(), version=(1, 0), length=-1, magic=0x1A2B3C4D):
        return self.block(0x0A0D0D0A, self.pack("IHHq", magic, *version, length) + self.options(options))

    def interface(self, options=(), linktype=1, snaplen=262144):
        return self.block(1, self.pack("HHI", linktype, 0, snaplen) + self.options(options))

    def enhanced(self, number=0, data=None, options=(), interface=0, ticks=None, caplen=None, length=None):
        data = frame(number, 60 + number % 7) if data is None else data
        ticks = (START + number) * 1000000 + 123456 if ticks is None else ticks
        padded = data + b"\0" * (-len(data) % 4)
        return self.block(6, self.pack("IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF,
                                       len(data) if caplen is None else caplen,
                                       len(data) if length is None else length) + padded + self.options(options))

    def simple(self, number=0, snaplen=262144, length=None):
        data = frame(number, 60 + number % 7)
        return self.block(3, self.pack("I", len(data) if length is None else length) + data[:snaplen])

    def obsolete(self, number=0, interface=0, drops=0xFFFF, options=()):
        data = frame(number, 60 + number % 7)
        ticks = (START + number) * 1000000 + 123456
        padded = data + b"\0" * (-len(data) % 4)
        return self.block(2, self.pack("HHIIII", interface, drops, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)) +
                          padded + self.options(options))

    def names(self, options=()):
        records = ((1, b"\x7f\0\0\1localhost\0loopback\0"), (2, b"\0" * 15 + b"\1localhost6\0"),
                   (3, b"\2\0\0\0\0\1left\0"), (4, b"\2\0\0\0\0\0\0\1far\0"), (0, b""))
        data = b"".join(self.pack("HH", kind, len(value)) + value + b"\0" * (-len(value) % 4) for kind, value in records)
        return self.block(4, data + self.options(options))

    def statistics(self, options=(), interface=0):
        ticks = (START + 9) * 1000000
        return self.block(5, self.pack("III", interface, ticks >> 32, ticks & 0xFFFFFFFF) + self.options(options))

    def secrets(self, options=(), kind=0x544C534B, secret=b"CLIENT_RANDOM 00 00\n"):
        padded = secret + b"\0" * (-len(secret) % 4)
        return self.block(0x0A, self.pack("II", kind, len(secret)) + padded + self.options(options))

    def journal(self):
        return self.block(9, b"__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=hello\n\n")

    # Every option that there is of a block, with the right lengths.

    def section_options(self):
        return [(2, b"hardware"), (3, b"an OS"), (4, b"savefile_made")] + COMMENT + self.custom()

    def interface_options(self):
        return [(2, b"lo"), (3, b"the loopback"), (4, b"\x7f\0\0\1\xff\0\0\0"), (5, b"\0" * 15 + b"\1\x80"),
                (6, b"\2\0\0\0\0\1"), (7, b"\2\0\0\0\0\0\0\1"), (8, self.pack("Q", 10**10)), (9, b"\6"),
                (10, self.pack("I", 3600)), (11, b"\0udp"), (12, b"an OS"), (13, b"\4"), (14, self.pack("q", 0)),
                (15, b"a card"), (16, self.pack("Q", 10**9)), (17, self.pack("Q", 10**8)), (18, b"Europe/Berlin")
                ] + COMMENT + self.custom()

    def packet_options(self):
        return [(2, self.pack("I", 0x0000008A)), (3, b"\2\1\2\3\4"), (3, b"\3" + b"\x5a" * 16), (4, self.pack("Q", 7)),
                (5, self.pack("Q", 99)), (6, self.pack("I", 2)), (7, b"\1" + self.pack("Q", 2)), (7, b"\0\1\2"),
                (8, self.pack("II", 1, 2))] + COMMENT + self.custom()

    def statistics_options(self):
        when = self.pack("II", START * 1000000 >> 32, START * 1000000 & 0xFFFFFFFF)
        return [(2, when), (3, when)] + [(code, self.pack("Q", code * 11)) for code in range(4, 9)] + COMMENT + self.custom()

    def names_options(self):
        return [(2, b"dns.example"), (3, b"\x7f\0\0\x35"), (4, b"\0" * 15 + b"\x35")] + COMMENT + self.custom()


RESOLUTIONS = (0, 1, 3, 5, 6, 7, 9, 10, 12, 15, 18, 19, 20, 127, 0x80, 0x81, 0x8A, 0x94, 0x9E, 0xA0, 0xBF, 0xC0, 0xFF)


def ticks_of(resolution, seconds, fraction_of_1000):
    per_second = 2 ** (resolution & 127) if resolution & 128 else 10 ** resolution
    return (seconds * per_second + per_second * fraction_of_1000 // 1000) & 0xFFFFFFFFFFFFFFFF


def make_pcapng_in(order, other):
    """(name, bytes); `other` is the Ng of the other byte order."""
    ng = Ng(order)
    begin = ng.section() + ng.interface()
    three = b"".join(ng.enhanced(number) for number in range(3))

    yield "plain", begin + three
    yield "section-options", ng.section(ng.section_options()) + ng.interface() + three
    yield "interface-options", ng.section() + ng.interface(ng.interface_options()) + three
    yield "packet-options", begin + ng.enhanced(0, options=ng.packet_options()) + ng.enhanced(1)
    yield "statistics", begin + three + ng.statistics() + ng.statistics(ng.statistics_options()) + ng.enhanced(3)
    yield "names", begin + ng.names() + ng.enhanced(0) + ng.names(ng.names_options()) + ng.enhanced(1)
    yield "secrets", begin + ng.secrets() + ng.secrets(COMMENT, 0x57474B4C) + three
    yield "simple", begin + ng.simple(0) + ng.simple(1) + ng.enhanced(2) + ng.simple(3)
    yield "simple-snaplen", (ng.section() + ng.interface(snaplen=64) + ng.simple(0) + ng.simple(5, snaplen=64) +
                             ng.simple(6, snaplen=64, length=1000))
    yield "obsolete", begin + ng.obsolete(0) + ng.obsolete(1, drops=3, options=ng.packet_options()[:2]) + ng.enhanced(2)
    yield "journal", begin + ng.enhanced(0) + ng.journal() + ng.enhanced(1)
    yield "custom-blocks", begin + b"".join(
        ng.block(kind, ng.pack("I", 32473) + b"body") + ng.enhanced(number)
        for number, kind in enumerate((0xBAD, 0x40000BAD)))
    yield "unknown-blocks", begin + b"".join(
        ng.block(kind, b"\1\2\3\4" * number) + ng.enhanced(number)
        for number, kind in enumerate((7, 8, 11, 0x101, 0x102, 0x201, 0x213, 0x7FFFFFFF, 0x80000001, 0xFFFFFFFF, 0)))
    yield "no-interface", ng.section()
    yield "no-packets", begin
    yield "blocks-before-interface", (ng.section() + ng.names() + ng.secrets() + ng.journal() + ng.interface() + three)
    yield "two-interfaces", (ng.section() + ng.interface([(2, b"a")]) + ng.interface([(2, b"b")]) + ng.enhanced(0) +
                             ng.enhanced(1, interface=1) + ng.enhanced(2))
    yield "late-interface", begin + ng.enhanced(0) + ng.interface([(9, b"\x09")]) + ng.enhanced(
        1, interface=1, ticks=(START + 1) * 10**9 + 123456789) + ng.enhanced(2)
    yield "many-interfaces", (ng.section() + b"".join(ng.interface([(9, bytes([6 + i % 4]))]) for i in range(300)) +
                              b"".join(ng.enhanced(i, interface=i * 29, ticks=ticks_of(6 + i * 29 % 4, START, 250))
                                       for i in range(11)))
    yield "other-linktype", begin + ng.enhanced(0) + ng.interface(linktype=101) + ng.enhanced(1)
    yield "other-snaplen", begin + ng.enhanced(0) + ng.interface(snaplen=100) + ng.enhanced(1, interface=1)
    yield "undescribed-interface", begin + ng.enhanced(0) + ng.enhanced(1, interface=1) + ng.enhanced(2)
    yield "undescribed-obsolete", begin + ng.obsolete(0) + ng.obsolete(1, interface=7)
    yield "packet-before-interface", ng.section() + ng.enhanced(0) + ng.interface() + ng.enhanced(1)
    yield "simple-before-interface", ng.section() + ng.simple(0) + ng.interface()
    yield "statistics-of-none", begin + ng.statistics(interface=9) + three
    yield "two-sections", begin + three + begin + ng.enhanced(4) + ng.section()
    yield "two-sections-interfaces", (begin + ng.interface() + ng.enhanced(0, interface=1) + begin +
                                      ng.enhanced(1) + ng.enhanced(2, interface=1))
    yield "sections-of-both-orders", (begin + three + other.section() + other.interface() + other.enhanced(3) +
                                      begin + ng.enhanced(4))
    yield "section-length", ng.section(length=len(ng.interface() + three)) + ng.interface() + three + begin + ng.enhanced(4)
    yield "section-length-wrong", ng.section(length=8) + ng.interface() + three + begin + ng.enhanced(4)
    yield "linktypes", ng.section() + ng.interface(linktype=113) + three
    yield "snaplen-0", ng.section() + ng.interface(snaplen=0) + three
    yield "snaplen-50", ng.section() + ng.interface(snaplen=50) + ng.enhanced(0, data=frame(0, 60)[:50], length=60)
    yield "snaplen-exceeded", ng.section() + ng.interface(snaplen=50) + three
    yield "snaplen-huge", ng.section() + ng.interface(snaplen=0xFFFFFFFF) + three
    yield "tsoffset", (ng.section() + ng.interface([(14, ng.pack("q", 3600))]) +
                       ng.interface([(14, ng.pack("q", -1800000000)), (9, b"\x09")]) + ng.enhanced(0) +
                       ng.enhanced(1, interface=1, ticks=START * 10**9 + 5))
    yield "time-ends", begin + b"".join(ng.enhanced(0, ticks=ticks) for ticks in (
        0, 1, 999999, 10**6, 2**31 * 10**6, 2**32 * 10**6, 2**63 - 1, 2**63, 2**64 - 1))
    for resolution in RESOLUTIONS:
        yield f"tsresol-{resolution:02x}", ng.section() + ng.interface([(9, bytes([resolution]))]) + b"".join(
            ng.enhanced(0, ticks=ticks) for ticks in (
                0, 1, ticks_of(resolution, START, 123), ticks_of(resolution, START, 999), 2**32, 2**63, 2**64 - 1))
    # Wrong in one thing.
    yield "version-2.0", ng.section(version=(2, 0)) + ng.interface() + three
    yield "version-1.2", ng.section(version=(1, 2)) + ng.interface() + three
    yield "version-1.1", ng.section(version=(1, 1)) + ng.interface() + three
    yield "byte-order-magic", ng.section(magic=0x1A2B3C4E) + ng.interface() + three
    yield "option-past-end", ng.section() + ng.interface([(2, b"lo")], snaplen=96)[:-8] + ng.pack("HHI", 3, 60, 28) + three
    yield "option-length-resol", ng.section() + ng.interface([(9, b"\6\0\0")]) + three
    yield "option-length-offset", ng.section() + ng.interface([(14, b"\6\0\0")]) + three
    yield "option-twice", ng.section() + ng.interface([(9, b"\6"), (9, b"\x09")]) + three
    yield "option-offset-twice", ng.section() + ng.interface([(14, ng.pack("q", 1)), (14, ng.pack("q", 2))]) + three
    yield "option-no-end", ng.section() + ng.block(1, ng.pack("HHI", 1, 0, 65535) + ng.options([(9, b"\x09")], False)) + three
    yield "option-end-length", ng.section() + ng.block(1, ng.pack("HHIHH", 1, 0, 65535, 0, 4) + b"abcd") + three
    yield "option-after-end", ng.section() + ng.block(
        1, ng.pack("HHI", 1, 0, 65535) + ng.options([(2, b"lo")]) + ng.options([(9, b"\x09")])) + three
    yield "trailer-differs", begin + ng.enhanced(0) + ng.block(6, three[8:96], trailer=104) + ng.enhanced(1)
    yield "trailer-differs-unknown", begin + ng.enhanced(0) + ng.block(99, b"abcd", trailer=20) + ng.enhanced(1)
    yield "total-odd", begin + ng.enhanced(0) + ng.block(99, b"abcd", total=17) + ng.enhanced(1)
    yield "total-odd-honest", begin + ng.enhanced(0) + ng.pack("II", 99, 15) + b"abc" + ng.pack("I", 15) + ng.enhanced(1)
    for total in (0, 4, 8, 11, 12, 0x7FFFFFFC, 0xFFFFFFFC, 0xFFFFFFFF, 16 << 20, (16 << 20) + 4):
        yield f"total-{total:x}", begin + ng.enhanced(0) + ng.block(99, b"", total=total) + ng.enhanced(1)
        yield f"packet-total-{total:x}", begin + ng.enhanced(0) + ng.block(6, ng.pack("IIIII", 0, 0, 0, 0, 0),
                                                                         total=total) + ng.enhanced(1)
    for caplen in (0, 1, 59, 61, 64, 0x7FFFFFFF, 0xFFFFFFFF):
        yield f"caplen-{caplen:x}", begin + ng.enhanced(0) + ng.enhanced(0, caplen=caplen) + ng.enhanced(1)
        yield f"simple-len-{caplen:x}", begin + ng.simple(0) + ng.simple(0, length=caplen) + ng.simple(1)
    yield "len-below-caplen", begin + ng.enhanced(0, length=20) + ng.enhanced(1)
    yield "packet-no-body", begin + ng.block(6, b"") + ng.enhanced(1)
    yield "interface-no-body", ng.section() + ng.block(1, b"") + three
    yield "section-short", ng.block(0x0A0D0D0A, ng.pack("I", 0x1A2B3C4D))
    yield "packet-option-past-end", begin + ng.enhanced(0, options=[(2, b"\0\0\0\0")])[:-8] + ng.pack(
        "HHI", 1, 800, 108) + ng.enhanced(1)
    yield "padding-missing", begin + ng.enhanced(1)[:-5]
    yield "cut-total", begin + three + ng.enhanced(3)[:6]
    yield "zeros-behind", begin + three + b"\0" * 64


def make_pcapng():
    orders = {"le": "<", "be": ">"}
    for suffix, order in orders.items():
        other = Ng(orders["be" if suffix == "le" else "le"])
        for name, data in make_pcapng_in(order, other):
            yield f"pcapng-{name}-{suffix}", data


def files():
    yield "empty", b""
    yield "three-bytes", b"\xd4\xc3\xb2"
    yield "text", b"this is no capture file\n" * 10
    for name, data in make_pcap():
        yield name + ".pcap", data
    for name, data in make_pcapng():
        yield name + ".pcapng", data


# Few, small and all kinds: what is damaged at every byte.
SEEDS = ["pcap-micro-le", "pcap-micro-be", "pcap-nano-le", "pcap-modified-be", "pcap-version-2.2-le", "pcap-version-2.3-be",
         "pcap-version-543.0-le"] + [
             f"pcapng-{name}-{suffix}" for suffix in ("le", "be") for name in (
                 "section-options", "interface-options", "packet-options", "statistics", "names", "secrets", "simple",
                 "obsolete", "custom-blocks", "late-interface", "sections-of-both-orders", "tsresol-9e", "tsoffset")]


def write_c(path):
    by_name = {os.path.splitext(name)[0]: data for name, data in files()}
    # A large frame is damaged like a small one.
    for suffix, order in (("le", "<"), ("be", ">")):
        for name, magic in (("micro", 0xA1B2C3D4), ("nano", 0xA1B23C4D), ("modified", 0xA1B2CD34)):
            by_name[f"pcap-{name}-{suffix}"] = pcap(order, magic, sizes=(60, 42, 43))
        for version in ((2, 2), (2, 3), (543, 0)):
            by_name[f"pcap-version-{version[0]}.{version[1]}-{suffix}"] = pcap(order, version=version, sizes=(60, 42, 43))
    with open(path, "w", encoding="utf-8") as out:
        print("/* Made by savefile_made.py. */", file=out)
        for number, name in enumerate(SEEDS):
            print(f"static const uint8_t seed_{number}[] = {{ {', '.join(map(str, by_name[name]))} }};", file=out)
        print("static const struct seed {\n\tconst char *name;\n\tconst uint8_t *bytes;\n\tsize_t size;\n} seeds[] = {",
              file=out)
        for number, name in enumerate(SEEDS):
            print(f'\t{{ "{name}", seed_{number}, sizeof(seed_{number}) }},', file=out)
        print("};", file=out)


def write_folder(folder):
    """Their paths."""
    paths = []
    for name, data in files():
        paths.append(os.path.join(folder, name))
        with open(paths[-1], "wb") as out:
            out.write(data)
    return paths


if __name__ == "__main__":
    if sys.argv[1] == "--c":
        write_c(sys.argv[2])
    else:
        print("\n".join(write_folder(sys.argv[1])))
