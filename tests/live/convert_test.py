#!/usr/bin/env python3
"""convert_test.py CAPSTAN - `capstan convert` and `capstan read` on files of every kind, held against what tshark, capinfos,
editcap and mergecap make of them."""
import gzip
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import running

CAPSTAN = os.path.abspath(sys.argv[1])
FOLDER = tempfile.mkdtemp()
LIMIT = 60
SKIP = 77
ETHERNET, RAW, SLL = 1, 101, 113
MICRO, NANO = 0xA1B2C3D4, 0xA1B23C4D


def path(name):
    return os.path.join(FOLDER, name)


def contents(name):
    with open(path(name), "rb") as f:
        return f.read()


def save(name, data):
    with open(path(name), "wb") as f:
        f.write(data)
    return path(name)


def capstan(*arguments, **options):
    return subprocess.run([CAPSTAN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT, **options)


def expect(status, result, *texts):
    text = result.stderr.decode()
    assert result.returncode == status, f"exit status {result.returncode}, not {status}: {text}"
    for wanted in texts:
        assert wanted in text, f'"{wanted}" is not in: {text}'
    return result


def convert(*arguments, **options):
    return expect(0, capstan("convert", *arguments, **options))


def lines(*arguments):
    return expect(0, capstan("read", *arguments)).stdout.decode().splitlines()


def tool(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=LIMIT, check=True).stdout.decode()


def ip_packet(number, size=60, protocol=17):
    return struct.pack(">BBHHHBBH4s4sHH", 0x45, 0, size, number, 0, 64, protocol, 0, b"\n\0\0\1", b"\n\0\0\2", 1000,
                       2000 + number) + bytes(size - 24)


def frame(number, size=74):
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0" + ip_packet(number, size - 14)


def pcap(packets, magic=MICRO, linktype=ETHERNET, snaplen=262144, order="<"):
    """`packets`: (seconds, fraction, bytes)."""
    return struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype) + b"".join(
        struct.pack(order + "IIII", seconds, fraction, len(packet), len(packet)) + packet
        for seconds, fraction, packet in packets)


def padded(data):
    return data + bytes(-len(data) % 4)


def options(*pairs):
    if not pairs:
        return b""
    return b"".join(struct.pack("<HH", code, len(value)) + padded(value) for code, value in pairs) + bytes(4)


def block(kind, body):
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def section(*pairs):
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options(*pairs))


def interface(linktype=ETHERNET, snaplen=0, *pairs):
    return block(1, struct.pack("<HHI", linktype, 0, snaplen) + options(*pairs))


def packet(number, ticks, data, *pairs):
    return block(6, struct.pack("<IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)) + padded(data) +
                 options(*pairs))


NAME, DESCRIPTION, FILTER, RESOLUTION, OFFSET = 2, 3, 11, 9, 14
COMMENT = 1


def rich_file():
    """A bit of everything that a pcapng file may have, in two sections; options in the order that the library writes."""
    return (section((COMMENT, b"a day in the lab"), (2, b"a machine"), (3, b"a system"), (4, b"a program"), (60001, b"what is it")) +
            interface(ETHERNET, 262144, (NAME, b"eth0"), (DESCRIPTION, b"the first one"), (FILTER, b"\0tcp or udp"),
                      (RESOLUTION, b"\x09")) +
            interface(RAW, 0, (COMMENT, b"beware"), (NAME, b"tun0")) +
            packet(0, 1700000000123456789, frame(1), (COMMENT, b"the very first"), (2, b"\1\0\0\0")) +
            packet(1, 1700000000223456, ip_packet(2), (4, struct.pack("<Q", 7))) +
            block(4, struct.pack("<HH", 1, 10) + padded(b"\n\0\0\1host\0\0"[:10]) + bytes(4)) +
            block(0x12345678, b"nobody knows what this is for...") +
            packet(0, 1700000001000000001, frame(3), (2, b"\2\0\0\0")) +
            block(5, struct.pack("<III", 0, 1700000002000000000 >> 32, 1700000002000000000 & 0xFFFFFFFF) +
                  options((4, struct.pack("<Q", 1000)), (5, struct.pack("<Q", 5)))) +
            section((4, b"another program")) +
            interface(SLL, 65535, (NAME, b"any")) +
            packet(0, 1700000003000000, struct.pack(">HHH8sH", 4, 1, 6, bytes(8), 0x0800) + ip_packet(4)))


def pcapng_goes_through_pcapng_without_the_loss_of_a_byte():
    save("rich.pcapng", rich_file())
    for name in ("same.pcapng", "same.pcapng.gz", "same.pcapng.zst", "same.pcapng.lz4"):
        convert(path("rich.pcapng"), path(name))
        convert(path(name), path("back.pcapng"))
        assert contents("back.pcapng") == contents("rich.pcapng"), name


def every_pair_of_formats_keeps_packets_and_stamps():
    """Micro- and nanoseconds, either byte order, compressed or not: back in pcap it is what it was, byte for byte; and
    tshark sees in between what it saw in the first place."""
    kinds = ("x.pcap", "x.pcap.gz", "x.pcap.zst", "x.pcap.lz4", "x.pcapng", "x.pcapng.gz", "x.pcapng.zst", "x.pcapng.lz4")
    fields = ("-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len", "-e", "ip.id")
    for magic, fraction in ((MICRO, 999999), (NANO, 999999999)):
        for order in "<>":
            packets = [(1700000000 + n, fraction - n, frame(n, 60 + 13 * n)) for n in range(100)]
            source = save("source.pcap", pcap(packets, magic, order=order))
            seen = tool("tshark", "-n", "-r", source, *fields)
            assert seen.count("\n") == 100
            native = pcap(packets, magic)
            for first in kinds:
                convert(source, path("first-" + first))
                if first in ("x.pcap", "x.pcapng"):
                    assert tool("tshark", "-n", "-r", path("first-" + first), *fields) == seen, first
                for second in kinds if order == "<" and magic == NANO else ("x.pcap", "x.pcapng"):
                    convert(path("first-" + first), path(second))
                    convert(path(second), path("last.pcap"))
                    assert contents("last.pcap") == native, (first, second)


def other_compressors_read_what_is_written():
    source = save("source.pcap", pcap([(n, n, frame(n)) for n in range(1000)]))
    for suffix, command in ((".gz", "gzip"), (".zst", "zstd"), (".lz4", "lz4")):
        convert(source, path("x.pcap" + suffix))
        unpacked = subprocess.run([command, "-dc", path("x.pcap" + suffix)], stdout=subprocess.PIPE, timeout=LIMIT, check=True)
        assert unpacked.stdout == contents("source.pcap"), suffix
        for level in (":1", ":9"):
            assert subprocess.run([command, "-dc"], input=convert(source, "-", "--compress", command + level).stdout,
                                  stdout=subprocess.PIPE, timeout=LIMIT, check=True).stdout == contents("source.pcap")
        packed = subprocess.run([command, "-c", source], stdout=subprocess.PIPE, timeout=LIMIT, check=True).stdout
        assert expect(0, capstan("convert", "-", "-", input=packed)).stdout == contents("source.pcap"), suffix


def what_editcap_and_mergecap_write_is_understood():
    one = save("one.pcap", pcap([(n, n, frame(n)) for n in range(20)]))
    two = save("two.pcap", pcap([(n, n + 1, ip_packet(n)) for n in range(20)], NANO, RAW))
    tool("mergecap", "-F", "pcapng", "-w", path("merged.pcapng"), one, two)
    convert(path("merged.pcapng"), path("ours.pcapng"))
    fields = ("-T", "fields", "-e", "frame.time_epoch", "-e", "frame.interface_id", "-e", "frame.encap_type", "-e", "frame.len")
    assert tool("tshark", "-n", "-r", path("ours.pcapng"), *fields) == tool("tshark", "-n", "-r", path("merged.pcapng"), *fields)
    convert("--interface", "1", path("merged.pcapng"), path("second.pcap"))
    assert contents("second.pcap")[24:] == contents("two.pcap")[24:]
    for kind in ("pcap", "nsecpcap", "pcapng"):
        tool("editcap", "-F", kind, one, path("edited"))
        convert(path("edited"), path("x.pcap"), "--micro")
        assert contents("x.pcap")[24:] == contents("one.pcap")[24:], kind


def capinfos_sees_the_metadata_that_was_there():
    save("rich.pcapng", rich_file())
    convert(path("rich.pcapng"), path("rich.pcapng.zst"))
    convert(path("rich.pcapng.zst"), path("again.pcapng"))
    text = tool("capinfos", path("again.pcapng"))
    for wanted in ("a day in the lab", "a machine", "a system", "a program", "eth0", "the first one", "tcp or udp", "tun0"):
        assert wanted in text, wanted


def several_link_types_do_not_fit_a_pcap_file():
    save("rich.pcapng", rich_file())
    expect(1, capstan("convert", path("rich.pcapng"), path("x.pcap")), "packet 2", "interface 1", "RAW", "EN10MB",
           "--interface", "filter", "pcapng")
    assert contents("x.pcap") == pcap([(1700000000, 123456789, frame(1))], NANO), "what came before is not kept"
    convert("--interface", "tun0", path("rich.pcapng"), path("x.pcap"))
    assert contents("x.pcap")[24:] == pcap([(1700000000, 223456, ip_packet(2))])[24:]
    convert(path("rich.pcapng"), path("x.pcap"), "udp", "dst", "port", "2001", "or", "2003")
    assert contents("x.pcap")[24:] == pcap([(1700000000, 123456789, frame(1)), (1700000001, 1, frame(3))])[24:]


def an_interface_alone_is_renumbered_with_its_statistics():
    save("rich.pcapng", rich_file())
    convert("--interface", "1", path("rich.pcapng"), path("x.pcapng"))
    text = tool("capinfos", path("x.pcapng"))
    assert "tun0" in text and "eth0" not in text and "any" not in text
    assert [line.split()[3:] for line in lines(path("x.pcapng"))] == [["RAW", "10.0.0.1:1000", ">", "10.0.0.2:2002", "UDP"]]
    convert("--interface", "eth0", path("rich.pcapng"), path("x.pcapng"))
    assert "1000 received, 5 dropped by interface" in "\n".join(lines("-s", path("x.pcapng")))


def nanoseconds_go_only_where_that_was_asked_for_and_it_is_said():
    source = save("nano.pcap", pcap([(1, 1000, frame(0)), (2, 1001, frame(1)), (3, 999999999, frame(2))], NANO))
    assert "cut" not in convert(source, path("x.pcap")).stderr.decode()
    assert contents("x.pcap") == contents("nano.pcap")
    for out in ("x.pcap", "x.pcapng"):
        expect(0, capstan("convert", "--micro", source, path(out)), "2 time stamps are cut to microseconds")
        convert(path(out), path("y.pcap"))
        assert contents("y.pcap") == pcap([(1, 1, frame(0)), (2, 1, frame(1)), (3, 999999, frame(2))]), out
    convert("--nano", path("x.pcap"), path("y.pcap"))
    assert contents("y.pcap") == pcap([(1, 1000, frame(0)), (2, 1000, frame(1)), (3, 999999000, frame(2))], NANO)


def resolutions_of_all_kinds_stay_or_become_others():
    """(option, ticks) of one moment, 1.5 s and 1/1024 s more, and how much of it is left in nanoseconds."""
    for resolution, offset, ticks, ns, lost in (
            (b"\x06", 0, 1500976, 1500976000, 0), (b"\x09", 0, 1500976562, 1500976562, 0), (b"\x0c", 0, 1500976562500, 1500976562, 1),
            (b"\x00", 0, 1, 1000000000, 0), (b"\x8a", 0, 1537, 1500976562, 1), (b"\x89", 0, 768, 1500000000, 0),
            (b"\x03", 1700000000, 1500, 1700000001500000000, 0), (b"\x09", -1, 2500976562, 1500976562, 0)):
        pairs = [(RESOLUTION, resolution)] + ([(OFFSET, struct.pack("<q", offset))] if offset else [])
        data = section() + interface(ETHERNET, 0, *pairs) + packet(0, ticks, frame(0))
        save("odd.pcapng", data)
        convert(path("odd.pcapng"), path("same.pcapng"))
        assert contents("same.pcapng") == data, resolution
        result = convert("--nano", path("odd.pcapng"), path("x.pcap"))
        assert contents("x.pcap")[24:32] == struct.pack("<II", ns // 10**9, ns % 10**9), resolution
        assert ("cut to nanoseconds" in result.stderr.decode()) == bool(lost), (resolution, result.stderr)
        convert("--nano", path("odd.pcapng"), path("x.pcapng"))
        convert(path("x.pcapng"), path("x.pcap"))
        assert contents("x.pcap")[24:32] == struct.pack("<II", ns // 10**9, ns % 10**9), resolution


def times_that_pcap_cannot_say_are_refused():
    for seconds, offset, fits in ((2**32 - 1, 0, True), (2**32, 0, False), (0, -1, False), (0, 0, True)):
        save("far.pcapng", section() + interface(ETHERNET, 0, (OFFSET, struct.pack("<q", offset))) +
             packet(0, 7, frame(0)) + packet(0, seconds * 1000000 + 7, frame(1)))
        result = capstan("convert", path("far.pcapng"), path("x.pcap"))
        if fits:
            expect(0, result, "2 of 2 packets")
        else:
            expect(1, result, "packet 1" if offset else "packet 2", "1970 to 2106", "pcapng")
        convert(path("far.pcapng"), path("x.pcapng"))
        assert contents("x.pcapng") == contents("far.pcapng")


def packets_without_a_time_are_told():
    save("simple.pcapng", section() + interface(ETHERNET, 60) + block(3, struct.pack("<I", 74) + frame(0)[:60]))
    convert(path("simple.pcapng"), path("x.pcapng"))
    assert contents("x.pcapng") == contents("simple.pcapng")
    expect(0, capstan("convert", path("simple.pcapng"), path("x.pcap")), "1 packets have no time stamp")
    assert contents("x.pcap")[24:40] == struct.pack("<IIII", 0, 0, 60, 74)
    convert("-s", "50", path("simple.pcapng"), path("x.pcapng"))
    assert "(no time stamp)" in lines(path("x.pcapng"))[0] and "(50 bytes saved)" in lines(path("x.pcapng"))[0]


def what_asks_not_to_be_copied_is_not():
    custom = struct.pack("<I", 32473) + b"secret.."
    save("custom.pcapng", section() + interface(ETHERNET, 0, (19372, custom), (2988, custom)) + block(0x40000BAD, custom) +
         block(0xBAD, custom) + packet(0, 1, frame(0), (19373, custom)))
    expect(0, capstan("convert", path("custom.pcapng"), path("x.pcapng")), "3 custom blocks and options ask not to be copied")
    assert contents("x.pcapng") == (section() + interface(ETHERNET, 0, (2988, custom)) + block(0xBAD, custom) +
                                    packet(0, 1, frame(0)))


def a_snaplen_a_count_and_a_filter_bound_what_is_written():
    source = save("source.pcap", pcap([(n, n, frame(n)) for n in range(50)]))
    convert("-s", "40", "-c", "3", source, path("x.pcap"), "udp", "dst", "port", "not", "2000")
    whole = pcap([(n, n, frame(n)) for n in (1, 2, 3)], snaplen=40)
    cut = whole[:24] + b"".join(struct.pack("<IIII", n, n, 40, 74) + frame(n)[:40] for n in (1, 2, 3))
    assert contents("x.pcap") == cut
    convert("-s", "40", "-c", "3", source, path("x.pcapng"), "udp dst port not 2000")
    convert(path("x.pcapng"), path("y.pcap"))
    assert contents("y.pcap") == cut
    expect(1, capstan("convert", source, path("x.pcap"), "udp prt 7"), "'prt'", "at column 5")


def an_output_that_is_the_input_is_refused_and_unharmed():
    source = save("source.pcap", pcap([(1, 1, frame(1))]))
    before = contents("source.pcap")
    os.link(source, path("link.pcap"))
    os.symlink("source.pcap", path("symlink.pcap"))
    for out in ("source.pcap", "link.pcap", "symlink.pcap"):
        expect(1, capstan("convert", source, path(out)), "it is the file that is read")
        with open(source, "rb") as f:
            expect(1, capstan("convert", "-", path(out), stdin=f), "it is the file that is read")
        with open(path(out), "r+b") as f:
            result = subprocess.run([CAPSTAN, "convert", source, "-"], stdout=f, stderr=subprocess.PIPE, timeout=LIMIT)
            expect(1, result, "it is the file that is read")
        assert contents("source.pcap") == before


def errors_name_the_file_and_what_to_do():
    source = save("source.pcap", pcap([(1, 1, frame(1))]))
    expect(1, capstan("convert", path("nosuch"), path("x.pcap")), "nosuch", "No such file")
    expect(1, capstan("convert", source, path("nosuch/x.pcap")), "nosuch/x.pcap", "No such file")
    expect(1, capstan("convert", source, FOLDER), FOLDER, "directory")
    expect(1, capstan("convert", FOLDER, path("x.pcap")), FOLDER, "directory")
    expect(2, capstan("convert", source, path("x.pcap.xz")), "x.pcap.xz", ".xz", ".gz, .zst or .lz4")
    expect(2, capstan("convert", "--format", "snoop", source, path("x")), '"snoop"', "pcapng")
    expect(2, capstan("convert", source, path("x.pcap.GZ")), "cannot write .GZ files", ".gz, .zst or .lz4")
    for wrong in ("xz", "zstd:", "zstd:x", "zstd:99999999999", "gzi"):
        expect(2, capstan("convert", "--compress", wrong, source, path("x")), f'"{wrong}"', "zstd")
    save("precious", b"not to be lost to a slip")
    expect(1, capstan("convert", "--compress", "gzip:77", source, path("precious")), "precious: gzip has no level 77")
    assert contents("precious") == b"not to be lost to a slip"
    expect(1, capstan("convert", "--compress", "gzip:77", source, path("new")), "new: gzip has no level 77")
    assert not os.path.exists(path("new")), "an empty file is left"
    expect(2, capstan("convert", source), "name a file to write")
    expect(2, capstan("convert"), "name a file to read")
    expect(1, capstan("convert", "--interface", "7", source, path("x.pcap")), "no interface 7")
    save("empty.pcapng", section())
    expect(1, capstan("convert", path("empty.pcapng"), path("x.pcap")), "link type")
    convert(path("empty.pcapng"), path("x.pcapng"))
    assert contents("x.pcapng") == section()
    assert not os.path.exists(path("x")) or not os.path.getsize(path("x"))


def a_file_without_packets_becomes_one_without_packets():
    save("none.pcapng", section() + interface(RAW, 1000))
    convert(path("none.pcapng"), path("x.pcap"))
    assert contents("x.pcap") == pcap([], linktype=RAW, snaplen=1000)
    save("none.pcap", pcap([], linktype=SLL))
    convert(path("none.pcap"), path("x.pcap.zst"))
    convert(path("x.pcap.zst"), path("y.pcap"))
    assert contents("y.pcap") == contents("none.pcap")


def damage_keeps_what_came_before_it():
    data = pcap([(n, n, frame(n)) for n in range(10)])
    save("cut.pcap", data[:24 + 7 * 90 + 50])
    for out in ("x.pcap", "x.pcapng", "x.pcapng.zst", "x.pcap.gz", "x.pcap.lz4"):
        expect(1, capstan("convert", path("cut.pcap"), path(out)), "cut.pcap", "after 7 whole packets", "7 of 7 packets written")
        convert(path(out), path("y.pcap"))
        assert contents("y.pcap") == data[:24 + 7 * 90], out
    packed = gzip.compress(pcap([(n, n, frame(n)) for n in range(5000)]))
    save("cut.pcap.gz", packed[:len(packed) // 2])
    result = capstan("convert", path("cut.pcap.gz"), path("x.pcap"))
    expect(1, result, "cut.pcap.gz", "packets written")
    assert len(contents("x.pcap")) > 1000 and (len(contents("x.pcap")) - 24) % 90 == 0


def a_bound_on_file_sizes_is_an_error_with_a_message():
    source = save("source.pcap", pcap([(n, n, frame(n)) for n in range(20000)]))
    for out in ("x.pcap", "x.pcapng", "x.pcapng.gz", "x.pcap.zst", "x.pcap.lz4"):
        result = capstan("convert", source, path(out), "--compress", "none",
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300005, 300005)))
        expect(1, result, out, "File too large", "300005 bytes of it")
        assert os.path.getsize(path(out)) == 300005
        whole = capstan("read", "-q", path(out))
        expect(1, whole)
        assert int(whole.stdout.split()[1]) > 2000, whole.stdout
    expect(1, capstan("convert", source, "/dev/full"), "/dev/full", "No space left")


def pipes_are_passed_on_as_they_come():
    data = pcap([(n, n, frame(n)) for n in range(3)])
    for how in ([], ["--format", "pcapng"], ["--compress", "zstd"]):
        child = subprocess.Popen([CAPSTAN, "convert", "-", "-", *how], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        try:
            child.stdin.write(data[:-40])
            child.stdin.flush()
            got, give_up = b"", time.monotonic() + LIMIT
            os.set_blocking(child.stdout.fileno(), False)
            while time.monotonic() < give_up:
                got += child.stdout.read() or b""
                result = capstan("read", "-", input=got)
                if result.stdout.count(b"UDP") == 2:
                    break
                time.sleep(0.05)
            else:
                raise AssertionError("two packets were not passed on")
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate(timeout=LIMIT)
            assert child.returncode == 0 and b"2 of 2 packets written" in errors, errors
        finally:
            child.kill()
            child.wait()


def reading_shows_interfaces_directions_and_comments():
    save("rich.pcapng", rich_file())
    shown = [line.split(" ", 2)[2].strip() for line in lines(path("rich.pcapng"))]
    assert shown == ["74 EN10MB [0 eth0 in] 10.0.0.1:1000 > 10.0.0.2:2001 UDP # the very first",
                     "60 RAW [1 tun0] 10.0.0.1:1000 > 10.0.0.2:2002 UDP",
                     "74 EN10MB [0 eth0 out] 10.0.0.1:1000 > 10.0.0.2:2003 UDP",
                     "76 LINUX_SLL [0 any] out, 10.0.0.1:1000 > 10.0.0.2:2004 UDP"], shown
    stamps = [line.split()[1] for line in lines(path("rich.pcapng"))]
    assert [stamp.split(".")[1] for stamp in stamps] == ["123456789", "223456", "000000001", "000000"], stamps
    assert len(lines("--interface", "0", path("rich.pcapng"))) == 3
    assert len(lines("--interface", "tun0", path("rich.pcapng"))) == 1
    assert ": 1 packets, link type RAW, 60 bytes" in lines("-q", "--interface", "tun0", path("rich.pcapng"))[0]
    assert len(lines("-c", "2", path("rich.pcapng"))) == 2
    assert len(lines(path("rich.pcapng"), "dst port 2002 or dst port 2004")) == 2
    expect(1, capstan("read", path("rich.pcapng"), "ether src 2:0:0:0:0:1"), "RAW", "--interface")
    assert len(lines("--interface", "eth0", path("rich.pcapng"), "ether src 2:0:0:0:0:1")) == 2


def facts_of(file):
    """capinfos' table as {name: value}."""
    names, values = tool("capinfos", "-TMcdue", file).strip().split("\n")
    return dict(zip(names.split("\t"), values.split("\t")))


def statistics_say_what_capinfos_says():
    save("rich.pcapng", rich_file())
    text = "\n".join(lines("-s", path("rich.pcapng")))
    for wanted in ("pcapng", "4, 284 bytes (284 saved), 1 with comment", "a program", "a system", "a machine",
                   "IPv4 UDP", "100.0 %", "0 of section 1 eth0, the first one: link type EN10MB, nanoseconds, snaplen 262144, "
                   "filter tcp or udp; 2 packets, 148 bytes", "1000 received, 5 dropped by interface",
                   "1 of section 1 tun0", "7 lost between packets", "0 of section 2 any: link type LINUX_SLL",
                   "duration     2.876543211 s"):
        assert wanted in text, (wanted, text)
    convert(path("rich.pcapng"), path("rich.pcapng.zst"))
    assert "pcapng, zstd, %d bytes" % os.path.getsize(path("rich.pcapng.zst")) in "\n".join(lines("-s", path("rich.pcapng.zst")))
    # The same numbers as capinfos, on a file with packets out of order.
    source = save("source.pcap", pcap([(1700000000 + n * 7 % 10, n, frame(n, 60 + n * 31 % 1400)) for n in range(500)]))
    facts = facts_of(source)
    text = "\n".join(lines("-s", source))
    assert f"packets      {facts['Number of packets']}, {facts['Data size (bytes)']} bytes" in text, (facts, text)
    assert "duration     %.9f s, not in order of time" % float(facts["Capture duration (seconds)"]) in text, (facts, text)


def foreign_texts_cannot_command_a_terminal():
    save("evil.pcapng", section((4, b"\x1b[2Jprogram")) + interface(ETHERNET, 0, (NAME, b"e\x1b]0;x\x07th"), (DESCRIPTION, b"a\nb")) +
         interface(ETHERNET, 0) + packet(0, 1, frame(0), (COMMENT, b"\x1b[31mred\nsecond line \xc2\x9b31m")))
    for how in ([], ["-s"], ["-q"]):
        out = expect(0, capstan("read", *how, path("evil.pcapng"))).stdout
        assert b"\x1b" not in out and b"\x07" not in out and b"\xc2\x9b" not in out, out
    assert len(lines(path("evil.pcapng"))) == 1


def a_line_is_utf_8_whatever_the_file_says():
    """Nor is a character cut in two where there is no room for all; U+00E4 is two bytes, U+20AC three."""
    for name, shown in ((b"\x9b31m", b" 31m"), (b"\xe4\xc2", b"  "), (b"\xf4\x90\x80\x41", b"   A"),
                        ("\u00e4\u20ac\U0001f600".encode(),) * 2, (b"\xf4\x90\x80\x80", b"    "), (b"\xed\xa0\x80", b"   "),
                        (b"x" + "\u00e4".encode() * 200, b"x" + "\u00e4".encode() * 59),
                        ("\u20ac".encode() * 200, "\u20ac".encode() * 39)):
        save("name.pcapng", section() + interface(ETHERNET, 0, (NAME, name)) + interface() + packet(0, 1, frame(0), (2, b"\2\0\0\0")))
        line = expect(0, capstan("read", path("name.pcapng"))).stdout
        line.decode()
        where = line.split(b"[0 ")[1].split(b"] 10.0.0.1")[0]
        assert where == shown + b" out", where


def a_conversion_that_is_interrupted_has_failed():
    """A file has an end, so this is not what was asked for; what is there can be read."""
    source = save("source.pcap", pcap([(n, n, frame(n) + os.urandom(10000)) for n in range(4000)]))
    child = subprocess.Popen([CAPSTAN, "convert", "--compress", "zstd:19", source, path("interrupted.pcap")], stderr=subprocess.PIPE)
    try:
        while not os.path.exists(path("interrupted.pcap")) or not os.path.getsize(path("interrupted.pcap")):
            assert child.poll() is None, child.stderr.read()
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=LIMIT)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 1 and b"source.pcap: interrupted after" in errors, (child.returncode, errors)
    assert int(errors.split(b" of ")[0].split()[-1]) == len(lines(path("interrupted.pcap"))) < 4000, errors


def a_pipe_that_is_silent_can_be_left():
    for how in (["read", "-s", "-"], ["read", "-"], ["convert", "-", path("x.pcapng.gz")]):
        child = subprocess.Popen([CAPSTAN, *how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            child.stdin.write(pcap([(n, n, frame(n)) for n in range(3)]))
            child.stdin.flush()
            time.sleep(0.5)
            child.send_signal(signal.SIGTERM)
            out, errors = child.communicate(timeout=LIMIT)
            assert child.returncode == 0, (child.returncode, errors)
            assert b"3, 222 bytes" in out or out.count(b"UDP") == 3 or b"3 of 3 packets" in errors, (out, errors)
        finally:
            child.kill()
            child.wait()
    assert len(lines(path("x.pcapng.gz"))) == 3


def main():
    for name in ("tshark", "capinfos", "editcap", "mergecap", "gzip", "zstd", "lz4"):
        if not shutil.which(name):
            print(f"skipped: needs {name}")
            return SKIP
    tests = [pcapng_goes_through_pcapng_without_the_loss_of_a_byte, every_pair_of_formats_keeps_packets_and_stamps,
             other_compressors_read_what_is_written, what_editcap_and_mergecap_write_is_understood,
             capinfos_sees_the_metadata_that_was_there, several_link_types_do_not_fit_a_pcap_file,
             an_interface_alone_is_renumbered_with_its_statistics,
             nanoseconds_go_only_where_that_was_asked_for_and_it_is_said, resolutions_of_all_kinds_stay_or_become_others,
             times_that_pcap_cannot_say_are_refused, packets_without_a_time_are_told, what_asks_not_to_be_copied_is_not,
             a_snaplen_a_count_and_a_filter_bound_what_is_written, an_output_that_is_the_input_is_refused_and_unharmed,
             errors_name_the_file_and_what_to_do, a_file_without_packets_becomes_one_without_packets,
             damage_keeps_what_came_before_it, a_bound_on_file_sizes_is_an_error_with_a_message,
             pipes_are_passed_on_as_they_come, reading_shows_interfaces_directions_and_comments,
             statistics_say_what_capinfos_says, foreign_texts_cannot_command_a_terminal,
             a_line_is_utf_8_whatever_the_file_says, a_conversion_that_is_interrupted_has_failed,
             a_pipe_that_is_silent_can_be_left]
    return running.each(tests)


try:
    status = main()
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
sys.exit(status)
