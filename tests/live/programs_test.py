#!/usr/bin/env python3
"""programs_test.py DROPIN FILE - unmodified programs of the distribution, run on Capstan through the drop-in folder
and, where the answer can be compared, on the system's libpcap. FILE is a capture file to read and replay. What they do
with filters is in filter_programs_test.py."""
import os
import signal
import subprocess
import sys
import time

from dropin_lab import (DEMO, FOLDER, LIMIT, OURS, THEIRS, Skipped, finish, frames, need, packets, run, run_tests, same,
                        send, start)

NOT_OURS_YET = ("nflog", "nfqueue", "dbus-", "bluetooth", "usbmon")


# ---- tcpdump ----

def test_tcpdump_tells_whose_library_it_is():
    said = run(OURS, "tcpdump", "--version")
    assert "Capstan" in said.stdout + said.stderr, said
    said = run(THEIRS, "tcpdump", "--version")
    assert "libpcap" in said.stdout + said.stderr, said


def devices(library, *command):
    """The lines of a listing without their numbers, and without what only libpcap lists."""
    said = run(library, *command)
    assert said.returncode == 0, said
    names = [line.split(".", 1)[1].strip() for line in said.stdout.splitlines()]
    return [name for name in names if not name.startswith(NOT_OURS_YET)]


def test_lists_of_devices():
    for command in (("tcpdump", "-D"), ("dumpcap", "-D")):
        ours, theirs = devices(OURS, *command), devices(THEIRS, *command)
        assert ours == theirs, f"{command}: {ours}\nlibpcap: {theirs}"
        assert len(ours) >= 4, ours


def test_lists_of_link_and_time_stamp_types():
    for device in ("left", "lo", "any"):
        for option in ("-L", "-J"):
            same("tcpdump", "-i", device, option)
        same("dumpcap", "-i", device, "-L")


CAPTURES = {
    "plain": ("right",),
    "sent": ("left",),
    "cut": ("right", "-s", "60"),
    "immediate": ("right", "--immediate-mode", "-s", "2000"),
    "in": ("left", "-Q", "in"),
    "out": ("left", "-Q", "out"),
    "nano": ("right", "--nano", "-j", "host"),
    "any": ("any",),
    "sll2": ("any", "-y", "LINUX_SLL2"),
    "counted": ("right", "-c", "5"),
}


def check_capture(name, sent, both):
    told = {library: finish(program)[1].splitlines()[-3:] for library, program in both.items()}
    codes = {program.returncode for program in both.values()}
    assert codes == {0}, f"{name}: {codes} {told}"
    written = {library: packets(f"{name}.{library}") for library in both}
    assert written[OURS] == written[THEIRS], \
        f"{name}: {[len(w[1]) for w in written.values()]} packets, {told}"
    expected = {"in": 0, "any": 2 * sent, "sll2": 2 * sent, "counted": 5}.get(name, sent)
    assert len(written[OURS][1]) == expected, f"{name}: {len(written[OURS][1])} of {expected} packets"
    # "N packets captured", received by filter, dropped by kernel
    assert told[OURS][0] == told[THEIRS][0] == f"{expected} packets captured", f"{name}: {told}"
    assert told[OURS][2] == told[THEIRS][2] == "0 packets dropped by kernel", f"{name}: {told}"


def test_live_captures_end_with_counts_on_interrupt():
    """All at once, over the same frames; ended by SIGINT; either library's file holds the same."""
    running = {name: {library: start(library, "tcpdump", "-Z", "root", "-U", "-i", *options, "-w", f"{name}.{library}",
                                     until=b"listening on") for library in (OURS, THEIRS)}
               for name, options in CAPTURES.items()}
    sent = send("left")
    time.sleep(1.5)  # tcpdump's read timeout is a second
    for both in running.values():
        for program in both.values():
            if program.poll() is None:
                program.send_signal(signal.SIGINT)
    for name, both in running.items():
        check_capture(name, sent, both)


def test_reading_and_rewriting_files():
    """After the captures: their files, and the one that we ship."""
    files = [f"{name}.{library}" for name in CAPTURES if name != "in" for library in (OURS, THEIRS)]
    for file in [*files, DEMO]:
        same("tcpdump", "-n", "-e", "-xx", "-tttt", "-r", file)
        for library in (OURS, THEIRS):
            said = run(library, "tcpdump", "-r", file, "-w", f"again.{library}")
            assert said.returncode == 0, said
        with open(f"{FOLDER}/again.{OURS}", "rb") as ours, open(f"{FOLDER}/again.{THEIRS}", "rb") as theirs:
            assert ours.read() == theirs.read(), file
    for file in (DEMO, f"plain.{OURS}", f"nano.{OURS}", f"sll2.{OURS}"):
        same("tshark", "-n", "-r", file)


def test_compressed_files_are_read_as_if_they_were_not():
    """Which libpcap does not; and pcapng, which it does."""
    need("editcap")
    assert run(THEIRS, "editcap", "-F", "pcapng", DEMO, "demo.pcapng").returncode == 0
    same("tcpdump", "-n", "-e", "-xx", "-tttt", "-r", "demo.pcapng")
    for file in (DEMO, f"{FOLDER}/demo.pcapng"):
        plain = run(THEIRS, "tcpdump", "-n", "-e", "-xx", "-tttt", "-r", file).stdout
        for tool in ("gzip", "zstd", "lz4"):
            need(tool)
            with open(f"{FOLDER}/packed", "wb") as packed:
                subprocess.run([tool, "-c", "-q", file], stdout=packed, check=True)
            said = run(OURS, "tcpdump", "-n", "-e", "-xx", "-tttt", "-r", "packed")
            assert said.returncode == 0 and plain and said.stdout == plain, (file, tool, said.stderr)


def test_devices_that_are_not_there():
    for device in ("nosuch0", "abcdefghijklmnopqrst"):
        ours, theirs = run(OURS, "tcpdump", "-i", device), run(THEIRS, "tcpdump", "-i", device)
        assert ours.returncode == theirs.returncode == 1, (ours, theirs)
        assert device in ours.stderr, ours


# ---- Wireshark's, tcpreplay, and others ----

def test_wireshark_programs_capture_live():
    need("dumpcap")
    if "Capstan" not in run(OURS, "dumpcap", "--version").stdout:
        raise Skipped("the loader gives programs with file capabilities the system's libraries only")
    for command in (("dumpcap", "-q", "-P"), ("tshark", "-q", "-F", "pcap")):
        name = f"{command[0]}.live"
        sent = len(list(frames()))
        # dumpcap opens the file when the capture has begun, and so says tshark by "Capturing on".
        program = start(OURS, *command, "-i", "right", "-c", str(sent), "-w", f"{FOLDER}/{name}", until=b"Capturing on")
        end = time.monotonic() + LIMIT
        while not os.path.exists(f"{FOLDER}/{name}") and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.3)
        send("left")
        _, err = finish(program)
        assert program.returncode == 0, (command, err)
        linktype, found = packets(name)
        assert linktype == 1 and [data for _, data in found] == list(frames()), (command, len(found), err)


def test_tcpreplay_sends_what_is_in_the_file():
    receiver = start(THEIRS, "tcpdump", "-Z", "root", "-U", "-Q", "in", "-i", "right", "-w", "replayed",
                     until=b"listening on")
    said = run(OURS, "tcpreplay", "--topspeed", "-i", "left", DEMO)
    time.sleep(1.3)
    receiver.send_signal(signal.SIGINT)
    finish(receiver)
    assert said.returncode == 0, said
    assert "different size" not in said.stderr, said.stderr  # pcap_version is copied into the program
    assert packets("replayed")[1] == packets(DEMO)[1], said


CTYPES = """
import ctypes
pcap = ctypes.CDLL("libpcap.so.0.8")
pcap.pcap_lib_version.restype = pcap.pcap_geterr.restype = ctypes.c_char_p
pcap.pcap_create.restype = ctypes.c_void_p
errbuf = ctypes.create_string_buffer(256)
handle = ctypes.c_void_p(pcap.pcap_create(b"right", errbuf))
assert pcap.pcap_set_snaplen(handle, 99) == 0
print(pcap.pcap_datalink(handle), pcap.pcap_activate(handle), pcap.pcap_datalink(handle), pcap.pcap_snapshot(handle))
assert pcap.pcap_setnonblock(handle, 1, errbuf) == 0
print(pcap.pcap_dispatch(handle, -1, None, None), pcap.pcap_activate(handle))
pcap.pcap_close(handle)
print(b"apstan" in pcap.pcap_lib_version())
"""


def test_python_calls_by_name():
    ours, theirs = (run(library, sys.executable, "-c", CTYPES) for library in (OURS, THEIRS))
    assert ours.stdout == "-3 0 1 99\n0 -4\nTrue\n", ours
    assert theirs.stdout == "-3 0 1 99\n0 -4\nFalse\n", theirs


# Names of ours, of libpcap and of Npcap in a program that has its own functions under them. It is built with
# libpcap's headers and against libpcap.so, and its functions have to stay its own.
OWN_NAMES = r"""
#include <pcap.h>
#include <pcap/namedb.h>
#include <stdio.h>
#include <string.h>
static int asked;
int pcap_parsesrcstr(const char *s, int *t, char *h, char *p, char *n, char *e) { return asked += 1; }
int pcap_createsrcstr(char *s, int t, const char *h, const char *p, const char *n, char *e) { return asked += 1; }
int pcap_setbuff(pcap_t *p, int dim) { return asked += 1; }
int pcap_setmode(pcap_t *p, int mode) { return asked += 1; }
void *pcap_getevent(pcap_t *p) { asked += 1; return NULL; }
int pcap_nametoport(const char *name, int *port, int *proto) { return asked += 1; }
int pcap_findalldevs(pcap_if_t **devices, char *errbuf) { asked += 1; *devices = NULL; return 0; }
int pcap_activate(pcap_t *p) { asked += 1; return -1; }
int pcap_inject(pcap_t *p, const void *frame, size_t bytes) { return asked += 1; }
int cst_fail(void) { return asked += 1; }

int main(void)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	int port1, port2, proto;
	u_char frame[60] = { 2, 0, 0, 0, 0, 2 };
	struct bpf_program program;

	pcap_t *p = pcap_open_live("left", 100, 0, 10, errbuf);
	printf("%s, %s\n", strstr(pcap_lib_version(), "Capstan") ? "ours" : "not ours", p ? "opened" : errbuf);
	printf("%d\n", p ? pcap_sendpacket(p, frame, 60) : -77);
	int known = pcap_nametoportrange("ssh-https", &port1, &port2, &proto);
	printf("%d %d %d\n", known, port1, port2);
	printf("%s\n", pcap_lookupdev(errbuf) ? "a device" : errbuf);
	printf("%d %d\n", pcap_compile(p, &program, "", 1, 0), asked);
	return 0;
}
"""


def test_a_program_keeps_its_names_to_itself():
    need("gcc")
    with open(f"{FOLDER}/own_names.c", "w", encoding="ascii") as source:
        source.write(OWN_NAMES)
    built = run(THEIRS, "gcc", "-rdynamic", "-w", "-o", "own_names", "own_names.c", "-lpcap")
    if built.returncode != 0:
        raise Skipped("libpcap's headers are not installed")
    said = run(OURS, f"{FOLDER}/own_names")
    assert said.stdout == "ours, opened\n0\n1 22 443\na device\n0 0\n", said


run_tests(dict(globals()))
