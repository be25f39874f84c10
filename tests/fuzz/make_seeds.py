#!/usr/bin/env python3
"""make_seeds.py - write the seeds of the fuzz targets into corpus/: small inputs that lead to every part of the code;
and the dictionary of the filter language.

A seed that a finding left behind has a name of its own and is not made here."""
import glob
import os
import re
import struct

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
