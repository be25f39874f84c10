#!/usr/bin/env python3
"""savefile_memory.py LIST [--long] - large and hostile savefiles take 16 MiB at most, whatever their size.

LIST is the program savefile_list. Files come through pipes, are sparse or compressed, so that nothing large is on a disk."""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

import savefile_made

LIST = sys.argv[1]
LONG = "--long" in sys.argv[2:]
LIMIT_KIB = 16 << 10
# Whoever reads block by block gets blocks of 16 MiB whole, and interfaces with their texts: capstan/pcapng.h.
LIMITS_KIB = {"--memory": LIMIT_KIB, "--memory-of-blocks": 2 * LIMIT_KIB + (8 << 10)}
MIB = 1 << 20
SIZE = (8192 if LONG else 128) * MIB  # of a stream
ng = savefile_made.Ng("<")
BEGIN = ng.section() + ng.interface()
PACKET = ng.enhanced(0)
problems = 0


def record(caplen):
    return struct.pack("<IIII", savefile_made.START, 0, caplen, caplen) + b"\x5a" * caplen


def header(linktype=1, snaplen=262144):
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen, linktype)


def repeated(begin, unit, size=SIZE):
    """A stream of about `size` bytes."""
    many = unit * max(1, MIB // len(unit))
    yield begin
    for _ in range(size // len(many)):
        yield many


def check(name, done, expected, limit_kib):
    """`expected` is a pattern of what the program says at its end."""
    global problems
    took = re.search(r"^(\d+) packets, (\d+) KiB, (.*)$", done.stdout.strip())
    good = took and int(took[2]) <= limit_kib and re.search(expected, f"{took[1]} packets, {took[3]}")
    problems += not good
    print(f"{name}: {done.stdout.strip() or done.returncode}{'' if good else ': expected ' + expected}")


def stream(name, chunks, expected, **options):
    """Through a pipe; `tool` compresses on the way."""
    tool = options.pop("tool", None)
    how = options.pop("how", "--memory")
    options.setdefault("limit_kib", LIMITS_KIB[how])
    started = time.monotonic()
    with subprocess.Popen([LIST, how, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=False) as reader:
        packer = None
        sink = reader.stdin
        if tool:
            packer = subprocess.Popen(tool, stdin=subprocess.PIPE, stdout=reader.stdin)
            reader.stdin.close()
            sink = packer.stdin
        said = []
        listener = threading.Thread(target=lambda: said.append(reader.stdout.read().decode()))
        listener.start()
        try:
            for chunk in chunks:
                sink.write(chunk)
        except BrokenPipeError:
            pass  # it refused, and said why
        try:
            sink.close()
        except BrokenPipeError:
            pass
        if packer:
            packer.wait()
        listener.join()
    done = subprocess.CompletedProcess(None, reader.wait(), said[0])
    check(f"{name} ({time.monotonic() - started:.1f} s)", done, expected, **options)


def sparse(name, folder, parts, expected, expected_of_blocks=None):
    """A file of (offset, bytes), None for its end."""
    path = os.path.join(folder, "sparse")
    with open(path, "wb") as out:
        for offset, data in parts:
            out.seek(offset, os.SEEK_SET if offset is not None else os.SEEK_END)
            if data is None:
                out.truncate(offset)
            else:
                out.write(data)
    for how, what in (("--memory", expected), ("--memory-of-blocks", expected_of_blocks or expected)):
        done = subprocess.run([LIST, how, path], stdout=subprocess.PIPE, text=True, check=False)
        check(f"{name}, {how[2:]}", done, what, LIMITS_KIB[how])
    os.unlink(path)


def long_block(kind, body, total):
    """A block of `total` bytes that begins with body, at offset 0."""
    return [(0, BEGIN + PACKET + struct.pack("<II", kind, total) + body),
            (len(BEGIN + PACKET) + total - 4, struct.pack("<I", total) + PACKET)]


def main():
    with tempfile.TemporaryDirectory() as folder:
        # Packets of every size.
        stream("60-byte packets", repeated(header(), record(60)), r"\d+ packets, the end")
        stream("262144-byte packets", repeated(header(), record(262144)), r"\d+ packets, the end")
        stream("packets without a byte", repeated(header(), record(0)), r"\d+ packets, the end")
        stream("pcapng packets of 256 KiB", repeated(BEGIN, ng.enhanced(0, data=b"\x5a" * 262144)), r"\d+ packets, the end")
        sparse("a sparse file", folder, [(0, header()), (SIZE, None)], r"\d+ packets, (the end|.*cut off)")
        # Blocks.
        kinds = (("unknown block", 99, b""), ("name resolution", 4, b""), ("options of a packet", 6, PACKET[8:88]))
        for name, kind, body in kinds:
            for total in (15 * MIB, 100 * MIB) + ((0xFFFFFFFC,) if LONG else ()):
                sparse(f"{name} of {total} bytes", folder, long_block(kind, body, total), r"(2|3) packets, the end",
                       r"(2|3) packets, the end" if total < 16 * MIB or kind == 99 else "1 packets, .*16777216")
        sparse("options of an interface", folder, [
            (0, BEGIN + PACKET + ng.interface()[:4] + struct.pack("<I", 15 * MIB) + ng.interface()[8:16]),
            (len(BEGIN + PACKET) + 15 * MIB - 4, struct.pack("<I", 15 * MIB) + PACKET)],
               r"2 packets, the end|1 packets, .*interface description")
        described = ng.interface(ng.interface_options())
        names = ng.block(4, (ng.pack("HH", 1, 14) + b"\x7f\0\0\1localhost\0\0\0") * 50000 + ng.pack("HH", 0, 0))
        for how in ("--memory", "--memory-of-blocks"):
            stream(f"pcapng, {how[2:]}", repeated(BEGIN, PACKET), r"\d+ packets, the end", how=how)
            stream(f"interfaces without end, {how[2:]}", repeated(BEGIN + PACKET, ng.interface(), SIZE // 4),
                   r"1 packets, .*number 65537", how=how)
            stream(f"interfaces and their options, {how[2:]}", repeated(BEGIN + PACKET, described, SIZE // 4),
                   r"1 packets, .*", how=how)
            stream(f"sections without end, {how[2:]}", repeated(BEGIN + PACKET, BEGIN + PACKET, SIZE // 4),
                   r"\d+ packets, the end", how=how)
            stream(f"statistics without end, {how[2:]}", repeated(BEGIN + PACKET, ng.statistics(), SIZE // 4),
                   r"1 packets, the end", how=how)
            stream(f"names without end, {how[2:]}", repeated(BEGIN + PACKET, names, SIZE // 4), r"1 packets, the end",
                   how=how)
        # Lengths that nothing is behind.
        for caplen in (128 * MIB, 0x7FFFFFFF, 0xFFFFFFFF):
            stream(f"a record that claims {caplen} bytes", [header(linktype=231, snaplen=0),
                                                            struct.pack("<IIII", 0, 0, caplen, caplen) + b"abc"],
                   r"0 packets, .*(cut off|damaged)")
        # Bombs: hardly anything unpacks to very much. A zstd file says how far back it refers, and that has to be kept.
        for window_mib, *tool in ((0, "gzip", "-c"), (0, "lz4", "-qc"), (0, "zstd", "-qc", "-19"),
                                  (128, "zstd", "-qc", "--ultra", "-22"), (128, "zstd", "-qc", "-1", "--long=27")):
            if not shutil.which(tool[0]):
                print(f"skipped: bombs made with {tool[0]}: there is no {tool[0]}")
                continue
            limit_kib = LIMIT_KIB + (window_mib << 10)
            stream(f"{' '.join(tool)} of packets", repeated(header(), record(60), 128 * MIB if LONG else 16 * MIB),
                   r"\d+ packets, the end", tool=tool, limit_kib=limit_kib)
            stream(f"{' '.join(tool)} of zeros", repeated(header(), b"\0" * 4096, SIZE), r"\d+ packets, the end",
                   tool=tool, limit_kib=limit_kib)
        if shutil.which("zstd"):
            stream("a window of 2 GiB", repeated(header(), record(60), 16 * MIB), r"0 packets, .*window",
                   tool=["zstd", "-qc", "-1", "--long=31"])
    print(f"{problems} problems")
    return 1 if problems else 0


sys.exit(main())
