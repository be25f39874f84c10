#!/usr/bin/env python3
"""pcapng_programs_test.py TOOL EXAMPLE - what Wireshark's programs and tcpdump say of files that capstan/pcapng.h wrote is
what was said, and what they write it reads. TOOL is tests/ng_tool.c, EXAMPLE examples/two_interfaces.c."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOOL, EXAMPLE = (os.path.abspath(path) for path in sys.argv[1:3])
PROGRAMS = ("tshark", "capinfos", "editcap", "mergecap", "tcpdump")
RANDOM_FILES = 5


def run(*command):
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, f"{command}: {done.returncode} {done.stderr.decode(errors='replace')[-500:]}"
    return done.stdout.decode(errors="replace")


def tool(*arguments):
    return run(TOOL, *arguments)


def blocks(path):
    """(kind, [(name, value), ...]) of each block, as our reader sees them; texts without quotes."""
    for line in tool("list", path).splitlines():
        kind, _, rest = line.partition(" ")
        yield kind, [(name, text if text or quoted else plain) for name, quoted, text, plain in
                     re.findall(r'(\w+)=(?:(")((?:[^"\\]|\\x..)*)"|(\S*))', rest)]


def of_kind(path, kind, without=()):
    return [[pair for pair in values if pair[0] not in without] for found, values in blocks(path) if found == kind]


def packets(path, *without):
    return of_kind(path, "packet", without)


def same(ours, theirs, what):
    assert len(ours) == len(theirs), f"{what}: {len(ours)} and {len(theirs)}"
    for number, (a, b) in enumerate(zip(ours, theirs), 1):
        assert a == b, f"{what}, number {number}:\n{a}\n{b}"


# ---- What they say of ours ----

def test_capinfos_says_what_was_said():
    tool("everything", "x.pcapng")
    said = run("capinfos", "x.pcapng")
    for line in ("Capture hardware:    a machine", "Capture oper-sys:    an OS", "Capture application: a program",
                 "Capture comment:     of the section", "Capture comment:     and another",
                 "Number of packets:   4", "Number of interfaces in file: 3", "Number of resolved IPv4 addresses in file: 2",
                 "Number of resolved IPv6 addresses in file: 1", "Number of decryption secrets in file: 1"):
        assert line in said, f"no {line!r} in\n{said}"
    first, second, third = said.split("Interface #")[1:]
    for line in ("Name = eth0", "Description = the first", "Encapsulation = Ethernet", "Hardware = a card",
                 "Speed = 10000000000", "Capture length = 1500", "FCS length = 0", "Time precision = nanoseconds (9)",
                 "Timestamp offset = -1000", "Filter string = tcp port 80", "Operating system = Linux",
                 "Comment = of the interface", "Number of stat entries = 1", "Number of packets = 1"):
        assert line in first, f"no {line!r} in\n{first}"
    for line in ("Name = tun0", "Description = \n", "Encapsulation = Raw IP", "Time resolution = 0x94",
                 "Time ticks per second = 1048576"):
        assert line in second, f"no {line!r} in\n{second}"
    assert "Name" not in third and "Capture length = 262144" in third, third


def test_tshark_says_what_was_said():
    tool("everything", "x.pcapng")
    names = ("time_epoch", "interface_id", "interface_name", "interface_description", "cap_len", "len",
             "packet_flags_direction", "drop_count", "packet_id", "interface_queue", "comment")
    fields = [argument for name in names for argument in ("-e", "frame." + name)]
    said = run("tshark", "-r", "x.pcapng", "-Y", "frame.interface_id", "-T", "fields", *fields).splitlines()
    expected = [
        ["1700000000.123456789", "0", "eth0", "the first", "47", "47", "0x00000001", "7", "99", "3", "first,second"],
        ["1700000001.500000000", "1", "tun0", "", "33", "33", "0x00000002", "", "", "", "x" * 65535],
        ["1700000002.000000000", "2", "unknown", "", "0", "0", "", "", "", "", ""],
        ["1700000003.000004000", "2", "unknown", "", "47", "57", "", "", "", "", ""],
    ]
    assert [line.split("\t") for line in said] == expected, said
    hosts = run("tshark", "-r", "x.pcapng", "-q", "-z", "hosts")
    for line in ("10.0.0.1\trouter.example", "10.0.0.2\tgateway.example", "2001:db8::1\tsix.example"):
        assert line in hosts, hosts


def tshark_packets(path):
    """The packets of a file as in the lists of our reader."""
    names = ("frame.interface_id", "frame.time_epoch", "frame.cap_len", "frame.len", "frame.packet_flags", "frame.drop_count",
             "frame.packet_id", "frame.interface_queue")
    said = run("tshark", "-r", path, "-Y", "frame.interface_id", "-T", "fields",
               *[argument for name in names for argument in ("-e", name)])
    ours = ("interface", "ts", "caplen", "len", "flags", "dropcount", "packetid", "queue")
    for line in said.splitlines():
        values = dict(zip(ours, line.split("\t")))
        if values["flags"]:
            values["flags"] = str(int(values["flags"], 0))
        yield [(name, values[name]) for name in ours if values[name]]


def exact_to_tshark(path):
    """It computes times of binary resolutions, and of 10^-10 and finer, in floating point."""
    resolutions = {int(dict(values).get("tsresol", 6)) for values in of_kind(path, "interface")}
    return resolutions <= set(range(10))


def test_tshark_agrees_about_random_packets():
    seeds, compared = 0, 0
    while compared < RANDOM_FILES:
        seeds += 1
        tool("random", str(seeds), "r.pcapng")
        mine = packets("r.pcapng", "ticks", "data", "comment", *[f"option{code}" for code in range(65536)])
        if not mine or not exact_to_tshark("r.pcapng"):
            continue
        if any(int(dict(p)["caplen"]) > 60000 or int(dict(p)["ts"].split(".")[0]) >= 1 << 40 for p in mine):
            continue  # its clock ends earlier
        same(mine, list(tshark_packets("r.pcapng")), f"packets of seed {seeds}")
        compared += 1


def test_capinfos_reads_every_random_file():
    for seed in range(1000, 1000 + 3 * RANDOM_FILES):
        tool("random", str(seed), "r.pcapng")
        said = run("capinfos", "-c", "-M", "r.pcapng")
        assert re.search(r"Number of packets: +(\d+)", said).group(1) == str(len(packets("r.pcapng"))), f"seed {seed}: {said}"


# ---- What they make of ours ----

def check_rewritten(path):
    """`path` is x.pcapng, which everything is in, through a program of Wireshark's. These leave time offsets and empty texts out, and write
    binary resolutions a tick short; the time of a packet is the same."""
    resolved = [[pair for pair in p if pair != ("comment", "")] for p in packets("x.pcapng", "ticks") if ("interface", "1") not in p]
    same(resolved, [p for p in packets(path, "ticks") if ("interface", "1") not in p], path)
    interfaces = [[pair for pair in values if pair != ("description", "") and pair[0] != "fcslen"]
                  for values in of_kind("x.pcapng", "interface", ("tsoffset",))]
    same(interfaces, of_kind(path, "interface", ("fcslen",)), path)
    ours, theirs = dict(of_kind("x.pcapng", "section")[0]), dict(of_kind(path, "section")[0])
    assert theirs["comment"].startswith(ours["comment"]) and theirs["option1"] == ours["option1"], theirs
    same([b for b in of_kind("x.pcapng", "other")], [b for b in of_kind(path, "other")], path)


def test_editcap_and_tshark_rewrite():
    tool("everything", "x.pcapng")
    run("editcap", "x.pcapng", "e.pcapng")
    check_rewritten("e.pcapng")
    run("tshark", "-r", "x.pcapng", "-w", "t.pcapng")
    check_rewritten("t.pcapng")


def test_mergecap_merges():
    tool("plain", "a.pcapng")
    tool("plain", "b.pcapng")
    run("mergecap", "-a", "-w", "m.pcapng", "a.pcapng", "b.pcapng")
    twice = packets("a.pcapng", "interface") * 2
    same(twice, packets("m.pcapng", "interface"), "merged")
    tool("everything", "x.pcapng")
    run("mergecap", "-I", "none", "-w", "m.pcapng", "x.pcapng", "a.pcapng")
    assert len(of_kind("m.pcapng", "interface")) == 4
    assert len(packets("m.pcapng")) == 4 + 301


def test_tcpdump_reads_and_writes():
    tool("plain", "a.pcapng")
    assert len(run("tcpdump", "-nr", "a.pcapng").splitlines()) == 301
    run("tcpdump", "-r", "a.pcapng", "-w", "a.pcap")
    same(packets("a.pcapng"), packets("a.pcap"), "tcpdump's")
    run("editcap", "-F", "nsecpcap", "a.pcapng", "nano.pcap")
    same(packets("a.pcapng", "ticks"), packets("nano.pcap", "ticks"), "editcap's")
    assert ("tsresol", "9") in of_kind("nano.pcap", "interface")[0]
    tool("copy", "nano.pcap", "nano.pcapng")
    same(packets("nano.pcap"), packets("nano.pcapng"), "our copy")
    assert len(list(tshark_packets("nano.pcapng"))) == 301


def test_the_example_joins_two_files():
    tool("plain", "a.pcapng")
    run("editcap", "-F", "nsecpcap", "-t", "100000", "a.pcapng", "b.pcap")
    run(EXAMPLE, "two.pcapng.gz", "file://a.pcapng", "file://b.pcap")
    assert dict(of_kind("two.pcapng.gz", "section")[0])["application"] == "two_interfaces"
    comments = [dict(i)["comment"] for i in of_kind("two.pcapng.gz", "interface")]
    assert comments == ["file://a.pcapng", "file://b.pcap"], comments
    for number, path in enumerate(("a.pcapng", "b.pcap")):
        same(packets(path, "interface", "ticks"),
             [[pair for pair in p if pair[0] not in ("interface", "ticks")] for p in packets("two.pcapng.gz")
              if ("interface", str(number)) in p], path)
    assert "Number of packets:   602" in run("capinfos", "two.pcapng.gz")


# ---- What they say, to us ----

def test_comments_and_secrets_that_editcap_adds():
    tool("plain", "a.pcapng")
    with open("keys", "w", encoding="ascii") as file:
        file.write("CLIENT_RANDOM 00 11\n")
    run("editcap", "-a", "2:on the second", "--capture-comment", "on the file", "--inject-secrets", "tls,keys", "a.pcapng",
        "c.pcapng")
    assert dict(of_kind("c.pcapng", "section")[0])["comment"] == "on the file"
    assert dict(packets("c.pcapng")[1])["comment"] == "on the second"
    secrets = [dict(b) for b in of_kind("c.pcapng", "other") if dict(b)["type"] == "0xa"]
    assert len(secrets) == 1 and b"CLIENT_RANDOM 00 11\n" in bytes.fromhex(secrets[0]["body"]), secrets


def test_compressed_files():
    for suffix, program in (("gz", "gzip"), ("zst", "zstd"), ("lz4", "lz4")):
        if not shutil.which(program):
            continue
        tool("plain", "a.pcapng")
        tool("plain", f"z.pcapng.{suffix}")
        with open("z.pcapng", "wb") as file:
            subprocess.run([program, "-dc", f"z.pcapng.{suffix}"], stdout=file, check=True, timeout=60)
        with open("a.pcapng", "rb") as a, open("z.pcapng", "rb") as z:
            assert a.read() == z.read(), suffix
        same(packets("a.pcapng"), packets(f"z.pcapng.{suffix}"), suffix)


def main():
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        print(f"skipped: needs {', '.join(missing)}")
        sys.exit(77)
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["HOME"] = folder  # no preferences of the user's
        for name, test in sorted(globals().items()):
            if not name.startswith("test_"):
                continue
            try:
                test()
                print(f"ok {name}")
            except (AssertionError, subprocess.SubprocessError) as error:
                failures += 1
                print(f"FAIL {name}: {error}")
        os.chdir("/")
    sys.exit(1 if failures else 0)


main()
