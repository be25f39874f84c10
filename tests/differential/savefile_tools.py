#!/usr/bin/env python3
"""savefile_tools.py CORPUS LIST CAPSTAN [--long] - savefiles go to and fro between Capstan and Debian's editcap, mergecap, capinfos,
tshark, dumpcap, text2pcap and tcpdump, and no packet, byte or nanosecond is lost.

CORPUS and LIST are the programs savefile_corpus and savefile_list, CAPSTAN the command. --long: with every file of Debian's packages as well."""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import savefile_made

CORPUS, LIST, CAPSTAN = sys.argv[1:4]
LONG = "--long" in sys.argv[4:]
TSHARK_STEP = 8  # it takes half a second a file
HERE = os.path.dirname(os.path.realpath(__file__))
TOOLS = ("editcap", "mergecap", "capinfos", "tshark", "text2pcap", "tcpdump")
# Link types whose packets Wireshark counts from their first byte; of others it keeps a pseudo header apart.
WHOLE_PACKETS = {0, 1, 9, 12, 50, 101, 105, 108, 113, 127, 228, 229, 276}

problems = []
to_compare = []  # files for CORPUS: what the tools wrote, however odd


def problem(text):
    problems.append(text)
    print(text)


def run(*command, timeout=120, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                          errors="replace", timeout=timeout, check=False, **options)


class Savefile:
    """What Capstan reads of a file: a line of time, caplen, len and a hash for each packet."""

    def __init__(self, path):
        done = run(LIST, path)
        lines = done.stdout.splitlines()
        self.path = path
        self.whole = done.returncode == 0
        self.dlt = int(lines[0][2:]) if lines else None
        self.packets = [tuple(line.split("\t")) for line in lines[1:]]

    def carried(self):
        """The packets, as ticks keep them: fractions of more than a second go to the seconds."""
        times = [decimal(time) for time, *_ in self.packets]
        return [(f"{time // 10**9}.{time % 10**9:09}", *rest) for time, (_, *rest) in zip(times, self.packets)]

    def micro(self):
        """The packets, as a format of microseconds keeps them."""
        return [(time[:-3] + "000", *rest) for time, *rest in self.packets]


def same_packets(what, got, expected):
    if got == expected:
        return True
    first = next((i for i, pair in enumerate(zip(got, expected)) if pair[0] != pair[1]), min(len(got), len(expected)))
    problem(f"{what}: {len(got)} packets, {len(expected)} expected; packet {first + 1} is "
            f"{got[first:first + 1]} instead of {expected[first:first + 1]}")
    return False


# ---- what Wireshark says of a file, against what Capstan reads ----

def tshark_agrees(file):
    """Times to the nanosecond and lengths, packet by packet."""
    done = run("tshark", "-n", "-r", file.path, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.cap_len",
               "-e", "frame.len")
    rows = [row.split("\t") for row in done.stdout.splitlines() if row]
    # A packet block without a time is at 0 for libpcap, and nowhere for Wireshark.
    rows = [(time or "0.000000000", *rest) for time, *rest in rows]
    columns = 3 if file.dlt in WHOLE_PACKETS else 1
    return same_packets(f"tshark of {os.path.basename(file.path)}", [tuple(row[:columns]) for row in rows],
                        [packet[:columns] for packet in file.packets])


def capinfos_of(paths):
    """{path: (packets, bytes, earliest, latest)} of those that Wireshark reads to the end."""
    done = run("capinfos", "-T", "-M", "-c", "-d", "-a", "-e", "-S", "-K", "-r", *paths)
    facts = {}
    for row in done.stdout.splitlines():
        path, *values = row.split("\t")
        if len(values) == 4:
            facts[path] = values
    damaged = set(re.findall(r'"([^"\n]+)"(?= appears to have been cut short| appears to be damaged)', done.stderr))
    return {path: values for path, values in facts.items() if path not in damaged}


def decimal(time):
    """A time as an integer of nanoseconds; Wireshark prints fewer digits, and a file may have more."""
    seconds, _, fraction = time.partition(".")
    sign = -1 if seconds.startswith("-") else 1
    return int(seconds) * 10**9 + sign * int(fraction.ljust(9, "0"))


def has_sane_times(file):
    """Wireshark reads stamps before 1970 and after 2038, seconds of more than a million microseconds, and resolutions
    finer than nanoseconds its own way; of journal entries it knows when they were."""
    return not re.search(r"journal|tsresol-(?!0[0-9])", file.path) and all(
        re.fullmatch(r"1?\d{1,9}\.\d{9}", time) and time > "0" for time, *_ in file.packets)


def is_read_alike(file):
    """Wireshark lists custom blocks and journal entries among the packets, and keeps of a packet what is beyond the snaplen."""
    return has_sane_times(file) and not re.search(
        r"custom-blocks|blocks-before-interface|/test018\.pcapng|/pim-packet-assortment\.pcap", file.path)


def capinfos_agrees(files):
    facts = capinfos_of([file.path for file in files])
    compared = 0
    for file in files:
        if file.path not in facts or not file.whole or not file.packets:
            continue
        packets, length, earliest, latest = facts[file.path]
        times = [decimal(packet[0]) for packet in file.packets]
        expected = [len(file.packets)]
        got = [int(packets)]
        if file.dlt in WHOLE_PACKETS:
            expected.append(sum(int(packet[2]) for packet in file.packets))
            got.append(int(length))
        if "n/a" not in (earliest, latest) and has_sane_times(file):
            # It prints as many digits as the file's resolution has.
            for mine, printed in ((min(times), earliest), (max(times), latest)):
                unit = 10 ** (9 - min(9, len(printed.partition(".")[2])))
                expected.append(mine // unit * unit)
                got.append(decimal(printed))
        if got != expected:
            problem(f"capinfos of {file.path}: {got}, {expected} expected")
        compared += 1
    return compared


# ---- what the tools write ----

def editcap_kinds():
    return re.findall(r"(?m)^    (\S+) - ", run("editcap", "-F").stderr + run("editcap", "-F").stdout)


def rewrite_with_editcap(file, folder, kinds):
    """In all its formats. Capstan and libpcap read the same ones; what they read has the same packets."""
    name = os.path.basename(file.path)
    for kind in kinds:
        path = os.path.join(folder, f"{name}.{kind}")
        if run("editcap", "-F", kind, file.path, path).returncode != 0 or not os.path.exists(path):
            continue  # this format has no such link type
        to_compare.append(path)
        if kind in ("pcapng", "nsecpcap"):
            same_packets(f"editcap -F {kind} {name}", Savefile(path).packets, file.packets)
        elif kind in ("pcap", "modpcap"):
            same_packets(f"editcap -F {kind} {name}", Savefile(path).micro(), file.micro())


def rewrite_with_others(file, folder):
    name = os.path.basename(file.path)
    for tool, suffix, command in (
            ("tshark", "pcapng", ("tshark", "-n", "-r", file.path, "-w")),
            ("tshark", "pcap", ("tshark", "-n", "-r", file.path, "-F", "nsecpcap", "-w")),
            ("tcpdump", "micro", ("tcpdump", "-r", file.path, "-w")),
            ("tcpdump", "nano", ("tcpdump", "--nano", "-r", file.path, "-w"))):
        path = os.path.join(folder, f"{name}.{tool}.{suffix}")
        run(*command, path)
        if not os.path.exists(path):
            problem(f"{' '.join(command)} wrote nothing")
            continue
        to_compare.append(path)
        if suffix == "micro":
            same_packets(f"{tool}'s {suffix} of {name}", Savefile(path).micro(), file.micro())
        else:
            same_packets(f"{tool}'s {suffix} of {name}", Savefile(path).packets, file.packets)


def merge(name, files, folder):
    """Several interfaces in a file, with their own snaplens and resolutions, ordered by time and one behind another."""
    kinds = [(), ("-a",), ("-I", "none"), ("-I", "all"), ("-s", "50")]
    # Classic files have one link type.
    if len({file.dlt for file in files}) == 1:
        kinds.append(("-F", "nsecpcap"))
    for number, options in enumerate(kinds):
        path = os.path.join(folder, f"{name}{number}.pcapng")
        run("mergecap", *options, "-w", path, *(file.path for file in files))
        if not os.path.exists(path):
            problem(f"mergecap {options} wrote nothing")
            continue
        to_compare.append(path)
        merged = Savefile(path)
        if merged.whole and "-s" not in options:
            same_packets(f"mergecap {options}", sorted(merged.packets), sorted(sum((file.packets for file in files), [])))


def from_text(folder):
    dump = os.path.join(folder, "text")
    frames = [savefile_made.frame(number, 60 + 13 * number) for number in range(20)]
    with open(dump, "w", encoding="ascii") as text:
        for number, data in enumerate(frames):
            text.write(f"1700000{number:03}.12345678{number % 10}\n")
            for at in range(0, len(data), 16):
                text.write(f"{at:06x} {data[at:at + 16].hex(' ')}\n")
    for kind in ("pcapng", "nsecpcap"):
        path = os.path.join(folder, f"text2pcap.{kind}")
        done = run("text2pcap", "-t", "%s.%f", "-F", kind, dump, path)
        if done.returncode:
            problem("text2pcap: " + done.stderr)
            return
        to_compare.append(path)
        file = Savefile(path)
        expected = [(f"1700000{number:03}.12345678{number % 10}", str(len(data)), str(len(data)))
                    for number, data in enumerate(frames)]
        same_packets(f"text2pcap -F {kind}", [packet[:3] for packet in file.packets], expected)


def capture_with_dumpcap(folder):
    """In a network namespace of its own: datagrams to oneself."""
    path = os.path.join(folder, "dumpcap.pcapng")
    script = ("ip link set lo up && dumpcap -q -i lo -f udp -c 40 -w \"$1\" & "
              "for i in $(seq 200); do sleep 0.05; echo hello > /dev/udp/127.0.0.1/9; "
              "kill -0 $! 2>/dev/null || break; done; wait $!")
    for way in ("-n", "-Urn"):
        if run("unshare", way, "true").returncode == 0:
            done = run("unshare", way, "bash", "-c", script, "-", path)
            break
    else:
        print("skipped: dumpcap: a network namespace is refused")
        return
    if not os.path.exists(path) or done.returncode:
        print("skipped: dumpcap cannot capture here: " + done.stderr.strip().replace("\n", "; "))
        return
    to_compare.append(path)
    file = Savefile(path)
    if len(file.packets) != 40:
        problem(f"dumpcap: {len(file.packets)} packets, 40 expected")
    tshark_agrees(file)


# ---- what Capstan writes ----

def rewrite_with_capstan(file, folder, with_tshark):
    for precision in ("micro", "nano"):
        path = os.path.join(folder, f"{os.path.basename(file.path)}.capstan.{precision}.pcap")
        done = run(LIST, file.path, path, precision)
        if done.returncode:
            problem(f"copying {file.path}: {done.stderr}")
            continue
        copy = Savefile(path)
        expected = file.packets if precision == "nano" else file.micro()
        if same_packets(f"Capstan's copy of {file.path}", copy.packets, expected) and with_tshark:
            tshark_agrees(copy)
            heard = run("tcpdump", "--nano", "-tt", "-n", "-q", "-r", path).stdout
            times = re.findall(r"(?m)^(\d+\.\d{9}) ", heard)
            same_packets(f"tcpdump of {path}", times, [packet[0] for packet in copy.packets])
        yield copy


# What pcapng says besides, of a packet and of a file.
PACKET_FIELDS = [option for field in (
    "frame.time_epoch", "frame.cap_len", "frame.len", "frame.section_number", "frame.interface_id", "frame.interface_name",
    "frame.interface_description", "frame.interface_queue", "frame.packet_flags", "frame.comment", "frame.packet_id",
    "frame.drop_count", "frame.verdict.hw", "frame.verdict.ebpf_tc") for option in ("-e", field)]
FILE_FACTS = ("-M", "-E", "-c", "-d", "-F", "-k", "-I", "-n", "-D", "-p", "-S", "-a", "-e")


def packet_facts(path):
    return run("tshark", "-n", "-r", path, "-T", "fields", *PACKET_FIELDS).stdout.splitlines()


def file_facts(paths):
    """What capinfos says of each."""
    return re.split(r"(?m)^File name: .*$", run("capinfos", *FILE_FACTS, *paths).stdout)[1:]


def rewrite_by_blocks(files, folder, step):
    """Through capstan/pcapng.h. What Wireshark knew of a file it still knows (tshark, of one in `step` pcapng files; 0: of none),
    and Capstan reads the same packets."""
    copied = []
    for file in files:
        path = os.path.join(folder, os.path.basename(file.path) + ".blocks.pcapng")
        # Blocks that only skipping makes readable end the copy.
        if run(LIST, "--blocks", file.path, path).returncode == 0:
            same_packets(f"the blocks of {file.path}", Savefile(path).carried(), file.carried())
            copied.append((file, path))
    # A classic file does not say which resolution it has, and has a section of the other byte order at times.
    pcapng = [(file, path) for file, path in copied if file.path.endswith("ng")]
    facts = zip(pcapng, file_facts([file.path for file, _ in pcapng]), file_facts([path for _, path in pcapng]))
    for (file, _), expected, got in facts:
        if got != expected:
            problem(f"capinfos of the blocks of {file.path}:\n{got}expected:\n{expected}")
    asked = pcapng[::step] if step else []
    read = capinfos_of([file.path for file, _ in asked]) if asked else ()
    for file, path in asked:
        if file.path in read and packet_facts(path) != packet_facts(file.path):
            problem(f"tshark knows something else of the blocks of {file.path}")
    return copied


CONVERSIONS = (("pcapng",), ("pcap", "--nano"), ("pcapng.zst",), ("pcap.gz", "--nano"), ("pcapng.lz4",), ("pcap.lz4", "--micro"),
               ("pcapng.gz", "--nano"), ("pcap.zst", "--nano"))


def convert(files, folder):
    """With `capstan convert`, each into one format after the other: no packet and no nanosecond is lost."""
    converted = 0
    for number, file in enumerate(files):
        suffix, *options = CONVERSIONS[(number + number // len(CONVERSIONS)) % len(CONVERSIONS)]
        path = os.path.join(folder, f"converted{number}.{suffix}")
        done = run(CAPSTAN, "convert", *options, file.path, path)
        if done.returncode:
            problem(f"capstan convert {' '.join(options)} {file.path} to {suffix}: {done.stderr}")
            continue
        got = Savefile(path)
        if "--micro" in options:
            same_packets(f"converted from {file.path}", got.micro(), file.micro())
        else:
            same_packets(f"converted from {file.path}", got.packets, file.packets)
        if "." not in suffix:
            to_compare.append(path)
        converted += 1
    return converted


# ---- all ----

def packaged():
    """What the package test has fetched."""
    fetch = os.path.join(HERE, "../../scripts/fetch-captures")
    done = run(fetch, *(["--long"] if LONG else []), timeout=None)  # it knows when to give up
    print(done.stderr, end="")  # packages that could not be had
    return done.stdout.splitlines()


def compare_with_libpcap(folder):
    listed = os.path.join(folder, "list")
    with open(listed, "w", encoding="utf-8") as lines:
        lines.writelines(path + "\n" for path in to_compare)
    done = run(CORPUS, listed)
    print(done.stdout.strip())
    if done.returncode == 77:
        print("skipped: comparing with libpcap")
    elif done.returncode:
        problem(f"Capstan and libpcap do not read what the tools write alike: exit {done.returncode} {done.stderr}")


def main():
    for tool in TOOLS:
        if not shutil.which(tool):
            print(f"skipped: there is no {tool}")
            return 77
    with tempfile.TemporaryDirectory() as folder:
        made = {os.path.basename(path): path for path in savefile_made.write_folder(folder)}
        demo = os.path.join(HERE, "../data/demo.pcap")
        # Each has something that the others have not.
        picked = [Savefile(path) for path in [demo] + [made[name] for name in (
            "pcap-nano-be.pcap", "pcap-modified-le.pcap", "pcap-linktype-101-le.pcap", "pcapng-late-interface-be.pcapng",
            "pcapng-section-options-be.pcapng", "pcapng-obsolete-le.pcapng", "pcapng-snaplen-50-le.pcapng")]]
        for file in picked:
            tshark_agrees(file)
            for copy in rewrite_with_capstan(file, folder, True):
                to_compare.append(copy.path)
        rewrite_with_editcap(picked[0], folder, editcap_kinds())
        for file in picked[1:]:
            rewrite_with_editcap(file, folder, ("pcapng", "nsecpcap", "pcap", "modpcap"))
        for file in picked[:1] + picked[4:5]:
            rewrite_with_others(file, folder)
        merge("same", picked[:3], folder)
        merge("linktypes", [picked[0], picked[3]], folder)
        merge("snaplens", [picked[0], picked[7]], folder)
        from_text(folder)
        capture_with_dumpcap(folder)
        every = [Savefile(path) for path in list(made.values()) + packaged()]
        every = [file for file in every if file.dlt is not None]
        print(f"capinfos agrees with {capinfos_agrees(every)} of {len(every)} files that Capstan opens")
        copies = rewrite_by_blocks([file for file in every if file.whole and file.packets], folder, TSHARK_STEP if LONG else 0)
        # The family before a packet of DLT_NULL is in its host's byte order; libpcap's filters know it in the file's only.
        copies = [(file, path) for file, path in copies if "linktype-0-be" not in file.path]
        print(f"copied {len(copies)} files block by block")
        to_compare.extend(path for _, path in (copies if LONG else copies[::5]) + rewrite_by_blocks(picked[4:], folder, 1))
        # Times that a format cannot say are refused, and blocks that no one can read, and link types that nobody has.
        sane = [file for file, _ in copies if has_sane_times(file) and "linktype-65000" not in file.path]
        print(f"converted {convert(picked * len(CONVERSIONS) + (sane if LONG else sane[::4]), folder)} files")
        if LONG:
            asked = [file for file in every if file.whole and is_read_alike(file)][::TSHARK_STEP]
            # Others have link types that Wireshark does not know, or are damaged in its eyes.
            read = capinfos_of([file.path for file in asked])
            for file in asked:
                if file.path in read:
                    tshark_agrees(file)
                    capinfos_agrees(list(rewrite_with_capstan(file, folder, False)))
            print(f"tshark was asked about {len(read)} of {len(asked)} files")
        compare_with_libpcap(folder)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
