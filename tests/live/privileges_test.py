#!/usr/bin/env python3
"""privileges_test.py CAPSTAN - what rights a running command still has, and that it does its work with them: captures, rotates, counts,
sends, reads and converts; as root, as the user of -Z, and with CAP_NET_RAW alone. In a network namespace of its own."""
import glob
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import namespace
from namespace import LIMIT

namespace.enter(("-nm",), ("-Urnm",))
CAPSTAN = os.path.abspath(sys.argv[1])
FOLDER = tempfile.mkdtemp()
NOBODY = pwd.getpwnam("nobody")
AS_NOBODY = ["-Z", "nobody"]
STRANGER = 1  # neither root nor nobody
CAPABILITIES = {"dac_override": 1, "net_admin": 12, "sys_admin": 21, "perfmon": 38, "bpf": 39}
XDP = ("bpf", "net_admin", "perfmon", "sys_admin")
MAP = open("/proc/self/uid_map", encoding="ascii").read().split()
is_root = MAP[2] != "1"
has_libcap_ng = os.environ["LIBCAP_NG"] == "1"


def path(*names):
    return os.path.join(FOLDER, *names)


def bits(names):
    return sum(1 << CAPABILITIES[name] for name in names)


def facts_of(pid):
    """Of each thread: what /proc says, by name."""
    for name in glob.glob("/proc/%d/task/*/status" % pid):
        try:
            with open(name, encoding="ascii") as file:
                facts = dict(line.rstrip("\n").split(":\t", 1) for line in file)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        yield facts


def start(*arguments, ready=None, stdin=None):
    with open(path("log"), "wb"):
        pass
    log = open(path("log"), "ab")
    child = subprocess.Popen([CAPSTAN, *arguments], stdin=stdin, stdout=log, stderr=log,
                             env=namespace.without_leak_check("-Z" in arguments))
    give_up = time.monotonic() + LIMIT
    while ready is not None and ready not in said():
        assert child.poll() is None and time.monotonic() < give_up, said()
        time.sleep(0.02)
    return child


def said():
    with open(path("log"), encoding="ascii") as log:
        return log.read()


def interrupt(child):
    child.send_signal(signal.SIGINT)
    assert child.wait(LIMIT) == 0, said()
    return said()


def wrong_rights(child, kept, user):
    """What one of the threads has or lacks; nothing if all is right."""
    threads = list(facts_of(child.pid))
    for facts in threads:
        for which in ("Prm", "Eff", "Bnd", "Inh", "Amb") if has_libcap_ng else ():
            wanted = bits(kept) if which in ("Prm", "Eff") else 0
            if int(facts["Cap" + which], 16) != wanted:
                return which, facts["Cap" + which], hex(wanted)
        if facts["NoNewPrivs"] != "1" or facts["Uid"].split() != [str(user)] * 4:
            return facts
        if user and (facts["Gid"].split() != [str(NOBODY.pw_gid)] * 4 or facts["Groups"].split() != [str(NOBODY.pw_gid)]):
            return facts
    return None if threads else "no thread"


def check_rights(child, kept=(), user=0):
    """All threads have `kept` and no more, soon after the start, and are `user` with his groups alone; nothing can be regained."""
    give_up = time.monotonic() + LIMIT
    while wrong_rights(child, kept, user):
        assert child.poll() is None and time.monotonic() < give_up, (wrong_rights(child, kept, user), said())
        time.sleep(0.02)


def users():
    """Options, and who that is."""
    return [([], 0)] + ([(AS_NOBODY, NOBODY.pw_uid)] if is_root else [])


def talk(packets, size=100):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(packets):
            sender.sendto(bytes(size), ("127.0.0.1", 9))


def packets_in(name):
    done = subprocess.run([CAPSTAN, "read", "-q", name], stdout=subprocess.PIPE, text=True, timeout=LIMIT, check=True)
    return int(re.search(r"(\d+) packets", done.stdout).group(1))


def save(name, packets):
    with open(path(name), "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number in range(packets):
            frame = b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x88\xb5" + struct.pack(">I", number) + bytes(42)
            file.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)
    os.chmod(path(name), 0o600)
    return path(name)


def captures_go_on():
    for options, user in users():
        for name in "x.pcap", "x.pcapng.gz":
            child = start("capture", "-i", "lo", "-w", path(name), *options, "udp", ready="capturing on")
            check_rights(child, user=user)
            talk(50)
            text = interrupt(child)
            assert "50 packets captured" in text and "50 received by filter, 0 dropped" in text, text
            st = os.stat(path(name))
            assert (st.st_uid, st.st_gid) == (user, NOBODY.pw_gid if user else 0) and packets_in(path(name)) == 50
            os.unlink(path(name))


def captures_that_print_too():
    for options, user in users():
        child = start("capture", "-i", "lo", *options, "udp", ready="capturing on")
        check_rights(child, user=user)
        talk(3)
        assert "3 packets captured" in interrupt(child)


def rotation_goes_on():
    for options, user in users():
        child = start("capture", "-i", "lo", "-w", path("r.pcap"), "-C", "1", *options, "udp", ready="capturing on")
        check_rights(child, () if user else ("dac_override",), user)
        talk(400, 8000)
        assert "400 packets captured" in interrupt(child)
        files = glob.glob(path("r.pcap*"))
        assert len(files) == 4 and sum(map(packets_in, files)) == 400, files
        assert {os.stat(name).st_uid for name in files} == {user}
        for name in files:
            os.unlink(name)


def drops_are_told():
    child = start("capture", "-i", "lo", "-B", "64", "udp", ready="capturing on")
    check_rights(child)
    child.send_signal(signal.SIGSTOP)
    talk(2000, 8000)
    child.send_signal(signal.SIGCONT)
    text = interrupt(child)
    assert int(re.search(r"(\d+) dropped by kernel", text).group(1)) > 0, text


def files_are_the_users():
    """What he may not write to is not written to, whatever root may."""
    os.mkdir(path("closed"))
    child = start("capture", "-i", "lo", "-w", path("closed", "x.pcap"), *AS_NOBODY)
    assert child.wait(LIMIT) == 1 and "cannot write to %s: Permission denied" % path("closed", "x.pcap") in said(), said()


def root_writes_into_folders_of_others():
    os.mkdir(path("theirs"))
    os.chown(path("theirs"), NOBODY.pw_uid, NOBODY.pw_gid)
    child = start("capture", "-i", "lo", "-w", path("theirs", "x.pcap"), "-C", "1", "udp", ready="capturing on")
    talk(200, 8000)
    assert "200 packets captured" in interrupt(child)
    assert len(os.listdir(path("theirs"))) == 2


def counting_goes_on():
    for options, user in users():
        child = start("stat", "-i", "lo", "-t", "100", *options, "udp", ready="counting on")
        in_kernel = "in the kernel" in said()
        check_rights(child, ("bpf",) if in_kernel else (), user)
        talk(70)
        time.sleep(0.3)
        text = interrupt(child)
        assert re.search(r"^70 packets, 9940 bytes", text, re.M), text


def sending_goes_on():
    name = save("send.pcap", 25)
    subprocess.run(["gzip", "-kf", name], check=True)
    for options, user in users():
        # Read straight, and by the library, which opens it for each pass.
        for file, engine, kept in (name, "auto", () if user else XDP), (name + ".gz", "socket", ()):
            child = start("send", "-i", "lo", "--pps", "80", "--loop", "2", "--engine", engine, *options, file)
            check_rights(child, kept, user)
            assert child.wait(LIMIT) == 0 and "50 packets sent" in said(), said()


def xdp_frames_are_sent():
    subprocess.run("ip link add left type veth peer name right && ip link set left up && ip link set right up && "
                   "ethtool -K right gro on", shell=True, check=True, stdout=subprocess.DEVNULL)
    name = save("many.pcap", 50000)
    for options, _ in users():
        child = start("send", "-i", "left", "--engine", "xdp", *options, name)
        if child.wait(LIMIT) and not options:
            print("part skipped: no XDP frames here:", said().strip())
            return
        assert "50000 packets sent" in said(), said()


def reading_has_no_rights():
    whole = open(save("read.pcap", 10), "rb").read()
    for options, user in users():
        child = start("read", *options, "-", stdin=subprocess.PIPE)
        check_rights(child, user=user)
        child.communicate(whole, timeout=LIMIT)
        assert child.returncode == 0 and len(said().splitlines()) == 10, said()
        # Where he himself may not look, and root not without his rights.
        os.makedirs(path("hidden"), 0o700, exist_ok=True)
        if is_root:
            os.chown(path("hidden"), STRANGER, STRANGER)
        file = shutil.copy(path("read.pcap"), path("hidden"))
        done = start("read", "-s", *options, file)
        assert done.wait(LIMIT) == 0 and "10 packets" in said() and "pcap, %d bytes" % os.path.getsize(file) in said(), said()


def converting_keeps_what_makes_the_file():
    whole = open(save("convert.pcap", 10), "rb").read()
    for options, user in users():
        child = start("convert", *options, "-", path("out.pcapng"), stdin=subprocess.PIPE)
        check_rights(child, () if user else ("dac_override",), user)
        child.stdin.write(whole)
        child.stdin.flush()
        give_up = time.monotonic() + LIMIT
        while not os.path.exists(path("out.pcapng")):
            assert time.monotonic() < give_up
            time.sleep(0.02)
        check_rights(child, (), user)
        child.communicate(timeout=LIMIT)
        assert child.returncode == 0 and os.stat(path("out.pcapng")).st_uid == user, said()
        os.unlink(path("out.pcapng"))


def an_oid_is_held_without_rights():
    child = start("oid", "-i", "lo", "--hold", "OID_GEN_CURRENT_PACKET_FILTER=0x20", ready="OID_")
    check_rights(child)
    interrupt(child)


def one_capability_is_enough():
    """As an ordinary user to whom an administrator has given CAP_NET_RAW."""
    alone = ["setpriv", "--reuid", "nobody", "--regid", str(NOBODY.pw_gid), "--clear-groups", "--inh-caps", "-all,+net_raw",
             "--ambient-caps", "-all,+net_raw", "--bounding-set", "-all,+net_raw", CAPSTAN]
    if subprocess.run([*alone, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
        print("part skipped: nobody cannot start", CAPSTAN)
        return
    os.mkdir(path("mine"))
    os.chown(path("mine"), NOBODY.pw_uid, NOBODY.pw_gid)
    with open(path("log"), "wb") as log:
        child = subprocess.Popen([*alone, "capture", "-i", "lo", "-w", path("mine", "x.pcap"), "-C", "1", "udp"], stderr=log)
        while "capturing on" not in said():
            assert child.poll() is None, said()
            time.sleep(0.02)
    facts = list(facts_of(child.pid))[0]
    assert facts["NoNewPrivs"] == "1" and (not has_libcap_ng or int(facts["CapPrm"], 16) == 0), facts
    talk(200, 8000)
    assert "200 packets captured" in interrupt(child) and len(os.listdir(path("mine"))) == 2
    refused = subprocess.run([*alone, "capture", "-i", "lo", *AS_NOBODY], stderr=subprocess.PIPE, text=True, timeout=LIMIT, check=False)
    assert refused.returncode == 1 and "-Z nobody: only root can become another user" in refused.stderr, refused.stderr


def users_that_are_not_there_are_refused():
    for command in ["capture", "-i", "lo"], ["stat", "-i", "lo"], ["send", "-i", "lo", "x"], ["read", "x"], ["convert", "x", "y"]:
        child = start(*command[:1], "-Z", "no-such-user", *command[1:])
        assert child.wait(LIMIT) == 1 and "-Z no-such-user: there is no such user" in said(), said()


def what_cannot_be_given_up_ends_it():
    """In a user namespace nobody but root is there to become: then no packet is looked at, and no file made."""
    there = ["unshare", "-Ur"]
    if subprocess.run([*there, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        print("part skipped: no user namespaces here")
        return
    name = save("refused.pcap", 10)
    for words in ["read", *AS_NOBODY, name], ["convert", *AS_NOBODY, name, path("refused.out")]:
        done = subprocess.run([*there, CAPSTAN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT,
                              env=namespace.without_leak_check(), check=False)
        assert done.returncode == 1 and not done.stdout and "cannot give up privileges: " in done.stderr, done
        assert done.stderr.count("\n") == 1, done.stderr
    assert not os.path.exists(path("refused.out"))


def run_gives_up_nothing():
    """It starts other programs, which need their rights."""
    done = subprocess.run([CAPSTAN, "run", "grep", "-E", "CapEff|NoNewPrivs", "/proc/self/status"], stdout=subprocess.PIPE, text=True,
                          timeout=LIMIT, check=True)
    own = list(facts_of(os.getpid()))[0]
    assert done.stdout.split() == ["CapEff:", own["CapEff"], "NoNewPrivs:", own["NoNewPrivs"]], done.stdout


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
os.chmod(FOLDER, 0o777)
tests = [captures_go_on, captures_that_print_too, rotation_goes_on, drops_are_told, counting_goes_on, sending_goes_on,
         reading_has_no_rights, converting_keeps_what_makes_the_file, an_oid_is_held_without_rights, xdp_frames_are_sent,
         users_that_are_not_there_are_refused, what_cannot_be_given_up_ends_it]
if is_root:
    tests += [files_are_the_users, root_writes_into_folders_of_others, one_capability_is_enough]
else:
    print("part skipped: other users need root")
if "san" not in subprocess.run(["ldd", CAPSTAN], stdout=subprocess.PIPE, text=True, check=True).stdout:
    tests += [run_gives_up_nothing]
try:
    for test in tests:
        begun = time.monotonic()
        test()
        print("ok", test.__name__, "%.1f s" % (time.monotonic() - begun))
finally:
    shutil.rmtree(FOLDER)
