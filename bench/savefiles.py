"""savefiles.py - the files that are read: classic and pcapng ones, of blank, wordy or mixed frames."""
import os
import struct
from random import Random


def blank_frames(sizes):
    """Frames whose lengths go around in `sizes`."""
    return [bytes(sizes[number % len(sizes)]) for number in range(len(sizes) * max(1, 4096 // len(sizes)))]


def wordy_frames(count):
    """Frames of 60 to 1514 bytes, half of each random words. Sixteen thousand are more than a packer looks back."""
    random = Random(2)
    sizes = (60 + (number * 7919) % 1455 for number in range(count))
    return [random.randbytes(size // 4).hex().encode().ljust(size, b"\0") for size in sizes]


def mixed_frames(count):
    """Web, names and pings in random order: 5 of 8 IPv4 frames are TCP, one in six of their ports is 80."""
    random = Random(1)
    frames = []
    for _ in range(count):
        protocol = random.choice((6, 6, 6, 6, 6, 17, 17, 1))
        ports = struct.pack(">HH", *(random.choice((80, 443, 443, 53, 22, 8080)) for _ in range(2)))
        kind = random.randrange(20)
        if kind == 0:
            frame = bytes(12) + b"\x08\x06"
        elif kind <= 3:
            frame = bytes(12) + b"\x86\xdd\x60" + bytes(5) + bytes([protocol]) + bytes(33) + ports
        else:
            frame = bytes(12) + b"\x08\x00\x45" + bytes(8) + bytes([protocol]) + bytes(10) + ports
        frames.append(frame.ljust(96, b"\0"))
    return frames


def time_stamp(number):
    return 1_700_000_000 + number // 1000, number % 1000 * 1000


def pcap_header():
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


def pcap_record(number, frame):
    return struct.pack("<IIII", *time_stamp(number), len(frame), len(frame)) + frame


def pcapng_header():
    """A section and its one interface, Ethernet."""
    return (struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
            + struct.pack("<IIHHII", 1, 20, 1, 0, 262144, 20))


def pcapng_record(number, frame):
    seconds, us = time_stamp(number)
    ticks = seconds * 1_000_000 + us
    padded = frame + bytes(-len(frame) % 4)
    size = 32 + len(padded)
    return (struct.pack("<IIIIIII", 6, size, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame)) + padded
            + struct.pack("<I", size))


FORMATS = {"pcap": (pcap_header, pcap_record), "pcapng": (pcapng_header, pcapng_record)}


def write_savefile(path, packets, frames, kind="pcap"):
    """A savefile that goes around in `frames` until it has about `packets` of them. On disk when we return, so that
    nothing is written while others measure."""
    header, record = FORMATS[kind]
    chunk = b"".join(record(number, frame) for number, frame in enumerate(frames))
    with open(path, "wb") as file:
        file.write(header())
        for _ in range(packets // len(frames)):
            file.write(chunk)
        os.fsync(file.fileno())
