#!/usr/bin/env python3
"""programs_test.py DROPIN FILE - unmodified programs of the distribution, run on Capstan through the drop-in folder
and, where the answer can be compared, on the system's libpcap. In a network namespace of its own; FILE is a capture
file to read and replay."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

SKIP = 77
LIMIT = 20  # seconds that no single program may exceed
NOT_OURS_YET = ("nflog", "nfqueue", "dbus-", "bluetooth", "usbmon")
os.environ["PATH"] += ":/usr/sbin:/sbin"


def enter_namespace():
    """Start again in a fresh network and mount namespace; skip where the kernel refuses both ways. Not as root of a
    user namespace but with its capabilities: a tcpdump that is root insists on becoming another user."""
    if os.environ.get("CAPSTAN_TEST_INSIDE"):
        return
    os.environ["CAPSTAN_TEST_INSIDE"] = "1"
    for way in (("-nm",), ("-Unmc", "--keep-caps")):
        if subprocess.run(["unshare", *way, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            os.execvp("unshare", ["unshare", *way, sys.executable, *sys.argv])
    print("skipped: needs a network namespace (root, or user namespaces allowed)")
    sys.exit(SKIP)


class Skipped(Exception):
    pass


def need(program):
    if not shutil.which(program):
        raise Skipped(f"{program} is not installed")


# ---- running on either library ----

OURS, THEIRS = "ours", "libpcap"


def environment(library):
    env = dict(os.environ, LC_ALL="C", TZ="UTC", HOME=FOLDER)
    env.pop("LD_LIBRARY_PATH", None)
    if library == OURS:
        env["LD_LIBRARY_PATH"] = DROPIN
    return env


def run(library, *command):
    need(command[0])
    return subprocess.run(command, env=environment(library), capture_output=True, text=True, errors="replace",
                          timeout=LIMIT, cwd=FOLDER, stdin=subprocess.DEVNULL)


def same(*command):
    """Both libraries: the same exit status and output, and one that says something."""
    ours, theirs = run(OURS, *command), run(THEIRS, *command)
    assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr), \
        f"{command}: {ours}\nlibpcap: {theirs}"
    assert ours.stdout or ours.stderr, f"{command} said nothing: {ours}"


def start(library, *command, until):
    """A program in the background, once it has said `until` on standard error."""
    need(command[0])
    program = subprocess.Popen(command, env=environment(library), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               cwd=FOLDER, stdin=subprocess.DEVNULL)
    said = b""
    os.set_blocking(program.stderr.fileno(), False)
    end = time.monotonic() + LIMIT
    while until not in said:
        said += program.stderr.read() or b""
        if program.poll() is not None or time.monotonic() > end:
            program.kill()
            raise AssertionError(f"{command} did not start: {said}")
        time.sleep(0.01)
    os.set_blocking(program.stderr.fileno(), True)
    program.said = said
    return program


def finish(program):
    out, err = program.communicate(timeout=LIMIT)
    return out.decode(), (program.said + err).decode()


# ---- traffic ----

def frames():
    """Ethernet frames of many lengths: UDP, ARP, 802.1Q and 802.1ad tags, and what nobody knows."""
    for number in range(24):
        size = 60 + number * 61
        udp = struct.pack(">HHHH", 1000, 2000 + number, size - 34, 0)
        udp += bytes((number + at) & 255 for at in range(size - 42))
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size - 14, number, 0, 64, 17, 0, b"\n\0\0\1", b"\n\0\0\2")
        tag = (b"", b"", b"\x81\0\0\5", b"\x81\0\0\0", b"\x88\xa8\0\7\x81\0\0\x08")[number % 5]
        kind = b"\x88\xb5" if number % 7 == 6 else b"\x08\0"
        yield b"\2\0\0\0\0\2\2\0\0\0\0\1" + tag + kind + ip + udp[:size - 34 - len(tag)]


def send(device):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((device, 0))
        for frame in frames():
            wire.send(frame)
    return len(list(frames()))


def packets(name):
    """What a classic capture file in this machine's byte order holds: link type, and (length, bytes) of each."""
    with open(os.path.join(FOLDER, name), "rb") as file:
        data = file.read()
    magic, _, _, _, _, _, linktype = struct.unpack_from("=IHHiIII", data)
    assert magic in (0xA1B2C3D4, 0xA1B23C4D), hex(magic)
    at, found = 24, []
    while at < len(data):
        _, _, caplen, length = struct.unpack_from("=IIII", data, at)
        found.append((length, data[at + 16:at + 16 + caplen]))
        at += 16 + caplen
    return linktype, found


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


def test_filter_expressions_wait_for_the_compiler():
    said = run(OURS, "tcpdump", "-i", "right", "-c", "1", "udp")
    assert said.returncode == 1 and 'cannot compile the filter "udp"' in said.stderr, said


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


def test_programs_that_only_have_to_start():
    here = [command for command in (("nmap", "--iflist"), ("arp-scan", "--version")) if shutil.which(command[0])]
    if not here:
        raise Skipped("neither nmap nor arp-scan is installed")
    for command in here:
        said = run(OURS, *command)
        assert said.returncode == 0, said
        assert "right" in said.stdout or "Capstan" in said.stdout + said.stderr, said


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


def main():
    subprocess.run(["ip", "link", "add", "left", "type", "veth", "peer", "name", "right"], check=True)
    for device in ("left", "right"):
        subprocess.run(["ip", "link", "set", device, "addrgenmode", "none", "up"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    end = time.monotonic() + LIMIT
    # Whether a link "runs" follows a little later, and device lists are sorted by it.
    while subprocess.run(["ip", "-o", "link"], check=True, capture_output=True).stdout.count(b"state UP") < 2:
        assert time.monotonic() < end, "the links do not come up"
        time.sleep(0.02)
    failed = passed = 0
    for name, test in [(name, test) for name, test in globals().items() if name.startswith("test_")]:
        began = time.monotonic()
        try:
            test()
            verdict, passed = "ok", passed + 1
        except Skipped as reason:
            verdict = f"skipped: {reason}"
        except (AssertionError, subprocess.TimeoutExpired) as reason:
            verdict, failed = f"FAILED: {reason}", failed + 1
        print(f"{name[5:].replace('_', ' ')} ({time.monotonic() - began:.1f} s): {verdict}", flush=True)
    return 1 if failed else 0 if passed else SKIP


enter_namespace()
DROPIN = os.path.abspath(sys.argv[1])
DEMO = os.path.abspath(sys.argv[2])
FOLDER = tempfile.mkdtemp()
try:
    sys.exit(main())
finally:
    shutil.rmtree(FOLDER)
