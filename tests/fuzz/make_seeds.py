#!/usr/bin/env python3
"""make_seeds.py - write the seeds of the fuzz targets into corpus/: small inputs that lead to every part of the code;
and the dictionary of the filter language.

A seed that a finding left behind has a name of its own and is not made here."""
import glob
import gzip
import os
import re
import struct
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
HOUSE = os.path.join(HERE, "..", "..")

LD, LDX, ST, STX, ALU, JMP, RET, MISC = range(8)
W, H, B = 0x00, 0x08, 0x10
IMM, ABS, IND, MEM, LEN, MSH = 0x00, 0x20, 0x40, 0x60, 0x80, 0xA0
JA, JEQ, JGT, JGE, JSET = 0x00, 0x10, 0x20, 0x30, 0x40
K, X, A = 0x00, 0x08, 0x10
ANCILLARY = 0xFFFFF000

HOSTS = 20
ALU_OPS = (0x00, 0x10, 0x20, 0x30, 0x90, 0x40, 0x50, 0xA0, 0x60, 0x70)

# (code, jt, jf, k)
PROGRAMS = {
    "return": [(RET | K, 0, 0, 262144)],
    "ip_host": [(LD | H | ABS, 0, 0, 12), (JMP | JEQ, 0, 3, 0x800), (LD | W | ABS, 0, 0, 26),
                (JMP | JEQ, 0, 1, 0x0A000001), (RET | K, 0, 0, 262144), (RET | K, 0, 0, 0)],
    "tcp_port": [(LD | B | ABS, 0, 0, 23), (JMP | JEQ, 0, 5, 6), (LD | H | ABS, 0, 0, 20),
                 (JMP | JSET, 3, 0, 0x1FFF), (LDX | B | MSH, 0, 0, 14), (LD | H | IND, 0, 0, 16),
                 (JMP | JEQ, 1, 0, 80), (RET | K, 0, 0, 0), (RET | K, 0, 0, 65535)],
    "hosts": [(LD | W | ABS, 0, 0, 26)]
             + [(JMP | JEQ, HOSTS - i, 0, 0x0A000000 + 3 * i) for i in range(HOSTS)]
             + [(RET | K, 0, 0, 0), (RET | K, 0, 0, 1)],
    "arithmetic": [(LDX | W | LEN, 0, 0, 0), (LD | W | LEN, 0, 0, 0)]
                  + [(ALU | op | K, 0, 0, 3) for op in ALU_OPS] + [(ALU | op | X, 0, 0, 0) for op in ALU_OPS]
                  + [(ALU | 0x80, 0, 0, 0), (RET | A, 0, 0, 0)],
    "scratch": [(LD | IMM, 0, 0, 7), (ST, 0, 0, 0), (MISC, 0, 0, 0), (STX, 0, 0, 15), (LD | MEM, 0, 0, 15),
                (LDX | MEM, 0, 0, 3), (ALU | X, 0, 0, 0), (MISC | 0x80, 0, 0, 0), (LDX | IMM, 0, 0, 5),
                (RET | A, 0, 0, 0)],
    "compare_x": [(LD | B | ABS, 0, 0, 0), (LDX | IMM, 0, 0, 4), (JMP | JGT | X, 2, 0, 0), (JMP | JGE | X, 1, 0, 0),
                  (JMP | JA, 0, 0, 1), (JMP | JSET | X, 0, 1, 0), (LD | W | IND, 0, 0, 1), (RET | A, 0, 0, 0)],
    "vlan": [(LD | W | ABS, 0, 0, ANCILLARY + 48), (JMP | JEQ, 0, 3, 1), (LD | W | ABS, 0, 0, ANCILLARY + 44),
             (ALU | 0x50, 0, 0, 0xFFF), (RET | A, 0, 0, 0), (LD | H | ABS, 0, 0, ANCILLARY), (RET | A, 0, 0, 0)],
    "cooked": [(LD | H | ABS, 0, 0, 14), (JMP | JEQ, 0, 2, 0x800), (LD | B | ABS, 0, 0, 25), (RET | A, 0, 0, 0),
               (RET | K, 0, 0, 0)],
    # Just what may not be.
    "cell_16": [(LD | MEM, 0, 0, 16), (RET | A, 0, 0, 0)],
    "store_16": [(STX, 0, 0, 16), (RET | A, 0, 0, 0)],
    "jump_out": [(JMP | JA, 0, 0, 1), (RET | A, 0, 0, 0)],
    "branch_out": [(JMP | JEQ, 0, 1, 0), (RET | A, 0, 0, 0)],
    "modulo_0": [(ALU | 0x90, 0, 0, 0), (RET | A, 0, 0, 0)],
    "no_code": [(ALU | 0xF0, 0, 0, 1), (RET | A, 0, 0, 0)],
    "no_return": [(LD | IMM, 0, 0, 1)],
    "loop": [(JMP | JA, 0, 0, 0xFFFFFFFF), (RET | K, 0, 0, 0)],
}

PACKET = bytes.fromhex(  # Ethernet, IPv4, TCP to port 80
    "020000000002020000000001080045000028000140004006f97a0a0000030a0000021389005000000001000000005002200000000000")


def instructions(program):
    return b"".join(struct.pack("=HBBI", *insn) for insn in program)


def write(target, name, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


INVALID = {"cell_16", "store_16", "jump_out", "branch_out", "modulo_0", "no_code", "no_return", "loop"}

for name, program in PROGRAMS.items():
    write("program", name, instructions(program))
    # struct header of native_fuzz.c: valid programs may be mended when they change.
    header = struct.pack("=BBHIII", name not in INVALID, name == "vlan", len(program), 1500, 0xFFFF, 1)
    # The count is modulo what is there, which has to be more: packets are at least eight bytes long.
    write("native", name, header + instructions(program) + PACKET)


# Source strings, and parts of them: the first byte is the kind, of source_fuzz.c.
SOURCES = """file:///tmp/x.pcap FILE://x eth0 nflog:5 /dev/dag0 rpcap:// rpcap://eth0 rpcaps://eth0 rpcap://host/
rpcap://host:2002/eth0 rpcaps://[2001:db8::1]:2003/a/b rpcap://user@[host]/eth0 rpcap:///x rpcap://[::1 rpcap://[::1]x/
rpcap://::1/x http://host/ ://""".split()
for i, source in enumerate(SOURCES + ["", "rpcap://eth0 \t\r\n", "file://x " + "x" * 1010, "rpcap://" + "x" * 1015,
                                     "x" * 1024]):
    write("source", "string_%02d" % (i + 1), b"\0" + source.encode())
PARTS = [(2, "", "", "/tmp/x.pcap"), (3, "", "", "eth0\n"), (3, "", "", "a/b"), (4, "host", "2002", "eth0"),
         (4, "::1", "", ""), (4, "[fe80::1%eth0]", "x", "a:b"), (4, "a@b", "1:2", "c"), (1, "", "", "x")]
for i, (kind, *parts) in enumerate(PARTS):
    write("source", "parts_%d" % (i + 1), bytes([kind + 3]) + "\0".join(parts).encode())


def record(size, caplen=None):
    """A record of a send queue with `size` bytes, which says that it has `caplen`."""
    return struct.pack("=IIII", 1, 2, size if caplen is None else caplen, size) + bytes(size)


for name, data in {
        "one": record(60), "three": record(14) + record(1) + record(60), "short_header": record(14) + b"\1" * 15,
        "beyond_the_end": record(14) + record(20, 21), "no_bytes": record(14) + record(0) + record(14),
        "huge": record(5, 0xFFFFFFFF)}.items():
    write("queue", name, data)


def pcap_file(order, magic, version=(2, 4), linktype=1, extra=b""):
    data = struct.pack(order + "IHHiIII", magic, *version, 0, 0, 65535, linktype)
    for size in (5, 0, 60):
        data += struct.pack(order + "IIII", 7, 123456, size, size + 9) + extra + PACKET.ljust(size, b"\0")[:size]
    return data


def block(order, kind, body, trailer=None):
    body += bytes(-len(body) % 4)
    total = len(body) + 12
    return struct.pack(order + "II", kind, total) + body + struct.pack(order + "I", total if trailer is None else trailer)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, linktype=1, options=b""):
    return block(order, 1, struct.pack(order + "HHI", linktype, 0, 65535) + options)


def enhanced(order, size, number=0, options=b"", trailer=None):
    return block(order, 6, struct.pack(order + "IIIII", number, 0x60000, 123456789, size, size) +
                 PACKET.ljust(size, b"\0")[:size] + bytes(-size % 4) + options, trailer)


def savefiles():
    for end, order in ("le", "<"), ("be", ">"):
        for kind, magic, extra in (("micro", 0xA1B2C3D4, b""), ("nano", 0xA1B23C4D, b""), ("modified", 0xA1B2CD34, bytes(8))):
            yield "pcap_%s_%s" % (kind, end), pcap_file(order, magic, extra=extra)
        for version in (2, 2), (2, 3), (543, 0):
            yield "pcap_%u_%u_%s" % (*version, end), pcap_file(order, 0xA1B2C3D4, version)
        for linktype in 113, 117, 189, 220, 239, 276: # with headers in the order of the machine
            yield "pcap_linktype_%u_%s" % (linktype, end), pcap_file(order, 0xA1B2C3D4, linktype=linktype)
        begun = section(order) + interface(order)
        yield "ng_enhanced_" + end, begun + enhanced(order, 5) + enhanced(order, 0) + enhanced(order, 60)
        yield "ng_simple_" + end, begun + block(order, 3, struct.pack(order + "I", 5) + b"abcde")
        yield "ng_obsolete_" + end, begun + block(order, 2, struct.pack(order + "HHIIII", 0, 1, 1, 2, 5, 6) + b"abcde")
        yield "ng_other_" + end, begun + b"".join(block(order, kind, b"abcdefgh") for kind in (4, 5, 9, 10, 0xBAD)) + enhanced(
            order, 1)
        for resolution in 0, 6, 9, 19, 20, 0x8A, 0xBF, 0xC0, 0xFF:
            yield "ng_resolution_%02x_%s" % (resolution, end), section(order) + interface(
                order, options=option(order, 9, bytes([resolution])) + option(order, 14, b"\x7f" + bytes(6) + b"\x80") +
                option(order, 0, b"")) + enhanced(order, 4)
        yield "ng_options_" + end, begun + enhanced(order, 5, options=option(order, 1, b"comment") + option(order, 0, b""))
        yield "ng_interfaces_" + end, begun + enhanced(order, 4) + interface(order) + enhanced(order, 4, 1) + enhanced(order, 4, 2)
        yield "ng_linktypes_" + end, begun + enhanced(order, 4) + interface(order, 101)
        yield "ng_sections_" + end, begun + enhanced(order, 4) + section("<") + interface("<", 1) + enhanced("<", 4) + section(
            ">") + interface(">") + enhanced(">", 4)
        yield "ng_cooked_" + end, section(order) + interface(order, 113) + enhanced(order, 40)
        yield "ng_trailer_" + end, begun + enhanced(order, 4, trailer=12)
        yield "ng_cut_" + end, (begun + enhanced(order, 60))[:-7]


for name, data in savefiles():
    write("savefile", name, data)


def text_options(order, *codes):
    custom = struct.pack(order + "I", 32473) + b"custom"
    return b"".join(option(order, code, b"text") for code in codes) + b"".join(
        option(order, code, value) for code, value in ((1, b"first"), (1, b"second"), (2988, custom), (19373, custom), (999, b""))
    ) + option(order, 0, b"")


def blocks():
    for end, order in ("le", "<"), ("be", ">"):
        def number(form, value):
            return struct.pack(order + form, value)
        begun = section(order) + interface(order)
        yield "section_" + end, block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + text_options(
            order, 2, 3, 4))
        yield "interface_" + end, section(order) + interface(order, options=b"".join(
            option(order, code, value) for code, value in (
                (8, number("Q", 10**10)), (9, b"\6"), (10, number("I", 3600)), (11, b"\0tcp"), (11, b"\1bpf"), (13, b"\4"),
                (14, number("q", -7)), (16, number("Q", 1)), (17, number("Q", 2)), (4, bytes(8)), (18, b"Europe/Berlin"),
                (2, b"nul inside\0it"), (2, b"nul behind\0"))) + text_options(order, 3, 12, 15)) + enhanced(order, 4)
        yield "packet_" + end, begun + enhanced(order, 5, options=b"".join(
            option(order, code, value) for code, value in (
                (2, number("I", 1)), (3, b"\2abcd"), (4, number("Q", 12)), (5, number("Q", 99)), (6, number("I", 3)),
                (7, b"\1" + number("Q", 2)), (8, bytes(8)), (2, b"abc"))) + text_options(order))
        yield "names_" + end, begun + block(order, 4, option(order, 1, b"\x7f\0\0\1localhost\0lo\0") + option(
            order, 2, bytes(15) + b"\1six") + option(order, 3, b"\2\0\0\0\0\1\0") + option(order, 9, b"what") + option(
                order, 0, b"") + text_options(order, 2) + b"")
        yield "statistics_" + end, begun + block(order, 5, struct.pack(order + "III", 0, 1, 2) + b"".join(
            option(order, code, number("Q", code)) for code in range(2, 9)) + text_options(order))
        yield "secrets_" + end, begun + block(order, 10, struct.pack(order + "II", 0x544C534B, 5) + b"abcde\0\0\0" +
                                              text_options(order))
        yield "drops_" + end, begun + block(order, 2, struct.pack(order + "HHIIII", 0, 0xFFFF, 1, 2, 5, 6) + b"abcde\0\0\0" +
                                            option(order, 2, number("I", 2)))
        yield "large_" + end, begun + struct.pack(order + "II", 0x80000000, 0x1000004)


for name, data in list(blocks()) + [pair for pair in savefiles() if not pair[0].startswith("pcap_linktype")]:
    write("blocks", name, data)


def text_of(*path):
    with open(os.path.join(HOUSE, *path), encoding="utf-8") as file:
        return file.read()


# Some of the expressions that the filter compiler is held to: SEEDS_A_FILE of each file, from its first line to its last.
SEEDS_A_FILE = 6
DLTS = {name: int(number) for name, number in re.findall(r"#define\s+DLT_(\w+)\s+(\d+)", text_of("include/pcap/dlt.h"))}


def filters(path):
    """(link type, expression) of the valid lines; of the link types that share them one after the other."""
    dlts = [DLTS["EN10MB"]]
    for number, line in enumerate(text_of(path).splitlines()):
        if line.startswith("["):
            names = line.strip("[]").split()
            dlts = [int(DLTS.get(name, name)) for name in names if name in DLTS or name.isdigit()] or dlts
        elif line and line[0] not in "#!~\t" and len(line) < 400:
            yield dlts[number % len(dlts)], line.lstrip("? ")


for path in sorted(glob.glob(os.path.join(HOUSE, "tests", "data", "filters", "*.txt"))):
    valid = list(filters(path))
    for i in range(min(SEEDS_A_FILE, len(valid))):
        dlt, expression = valid[i * len(valid) // SEEDS_A_FILE]
        # struct header of filter_fuzz.c
        header = struct.pack("=HBBBBBB", dlt, i % 2, 0, 0, i % 2, 201, 0)
        name = "%s_%d" % (os.path.splitext(os.path.basename(path))[0].replace("-", "_"), i + 1)
        write("filter", name, header + expression.encode() + b"\0" + PACKET)

SIGNS = "( ) [ ] : ! && || & | ^ ~ + - * / % << >> = == != > >= < <= \\ $ .".split()
OPERANDS = """0 1 0x800 65535 65536 0xffffffff 4294967296 10.0.0.1 10.0.0.0/8 10.1 mask 255.0.0.0 ::1 2001:db8::/32 /32 /64
00:11:22:33:44:55 0011.2233.4455 $ab 80-90 http ssh domain localhost loopback \\tcp \\ip \\arp \\stp mgt beacon tods pass
bad-offset ui xid sabme""".split()
words = re.findall(r'^\t\{ "([^"]+)", TOKEN_', text_of("lib/filter/words.c"), re.M)

with open(os.path.join(HERE, "source.dict"), "w", encoding="utf-8") as file:
    file.write("# What source strings are made of; written by make_seeds.py.\n")
    for word in "file:// rpcap:// rpcaps:// RPCAP :// [ ] : @ / // ::1 [::1]: @[".split() + ["\\x0a", "\\x00", " "]:
        file.write('"%s"\n' % word)

with open(os.path.join(HERE, "filter.dict"), "w", encoding="utf-8") as file:
    file.write("# The words of the filter language and some of what they are used with; written by make_seeds.py.\n")
    for word in words + OPERANDS:
        file.write('" %s"\n' % word.replace("\\", "\\\\"))
    for sign in SIGNS:
        file.write('"%s"\n' % sign.replace("\\", "\\\\"))

# Compressed files; those of zstd and lz4 are made by the commands, of which another version may write other bytes.
RECORD = struct.pack("<IIII", 1600000000, 1, len(PACKET), len(PACKET)) + PACKET
SAVEFILE = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + 20 * RECORD
SKIPPED = struct.pack("<II", 0x184D2A51, 3) + b"abc"


def command(*words, data=SAVEFILE):
    return subprocess.run(words, input=data, stdout=subprocess.PIPE, check=True).stdout


def frames(*words):
    return b"".join(command(*words, data=part) for part in (SAVEFILE[:10], b"", SAVEFILE[10:]))


ZSTD, LZ4 = ("zstd", "-qc"), ("lz4", "-qc")
MEMBER = gzip.compress(SAVEFILE, mtime=0)
for name, data in {
        "plain": SAVEFILE,
        "gzip": MEMBER,
        "gzip_stored": gzip.compress(SAVEFILE[:200], 0, mtime=0),
        "gzip_members": gzip.compress(SAVEFILE[:10], mtime=0) + gzip.compress(b"", mtime=0) + MEMBER + bytes(20),
        "gzip_header": MEMBER[:3] + b"\x1d" + MEMBER[4:10] + b"\2\0xx" + b"name\0" + b"comment\0" + MEMBER[10:],
        "gzip_cut": MEMBER[:-5],
        "gzip_garbage": MEMBER + b"garbage",
        "zstd": command(*ZSTD),
        "zstd_19": command(*ZSTD, "-19", "--no-check"),
        "zstd_frames": SKIPPED + frames(*ZSTD) + SKIPPED,
        "zstd_raw": b"\x28\xb5\x2f\xfd\0\x08" + struct.pack("<I", len(SAVEFILE) << 3 | 1)[:3] + SAVEFILE,
        "zstd_rle": b"\x28\xb5\x2f\xfd\0\x08" + struct.pack("<I", 2000 << 3 | 3)[:3] + b"\x0a",
        "zstd_window": b"\x28\xb5\x2f\xfd\0\x90" + struct.pack("<I", len(SAVEFILE) << 3 | 1)[:3] + SAVEFILE,
        "zstd_cut": command(*ZSTD)[:-1],
        "lz4": command(*LZ4),
        "lz4_linked": command(*LZ4, "-BD", "-B100"),
        "lz4_checksums": command(*LZ4, "-BX", "-B100"),
        "lz4_size": command(*LZ4, "-B7", "--no-frame-crc") + b"trailing",
        "lz4_frames": SKIPPED + frames(*LZ4) + SKIPPED,
        "lz4_legacy": command(*LZ4, "-l"),
        "twice": gzip.compress(command(*ZSTD), mtime=0)}.items():
    write("unpack", name, data)
