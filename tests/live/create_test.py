#!/usr/bin/env python3
"""create_test.py CAPSTAN SAVEFILE - what root writes to where anybody may have put a link: nothing that anybody else could have
chosen; and everywhere else, or not as root, as before."""
import os
import socket
import subprocess
import sys
import tempfile
import time

import namespace
from namespace import LIMIT

namespace.enter(("-nm",), ("-Urnm",))
CAPSTAN, SAVEFILE = map(os.path.abspath, sys.argv[1:])
FOLDER = tempfile.mkdtemp()
OPEN, OWN = os.path.join(FOLDER, "open"), os.path.join(FOLDER, "own")
STRANGER = 1  # any user but root
is_root = open("/proc/self/uid_map", encoding="ascii").read().split()[2] != "1"


def write(path, as_user=None, cwd=None):
    """"", or why `capstan convert` did not write to `path`."""
    done = subprocess.run([CAPSTAN, "convert", SAVEFILE, path, *(["-Z", as_user] if as_user else [])], stderr=subprocess.PIPE,
                          text=True, timeout=LIMIT, cwd=cwd, env=namespace.without_leak_check(as_user), check=False)
    assert (done.returncode == 0) == ("packets written" in done.stderr), done.stderr
    return "" if done.returncode == 0 else done.stderr


def put(path, text="precious"):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def is_precious(path):
    with open(path, "rb") as file:
        return file.read() == b"precious"


def fresh():
    subprocess.run(["rm", "-rf", OPEN, OWN], check=True)
    os.mkdir(OPEN)
    os.chmod(OPEN, 0o1777)
    os.mkdir(OWN)


def links_are_not_followed_where_anybody_may_write():
    target = put(os.path.join(OWN, "target"))
    for sticky in 0o1777, 0o777:
        os.chmod(OPEN, sticky)
        for to in target, os.path.join(OWN, "new"), "../own/target":
            link = os.path.join(OPEN, "link")
            os.symlink(to, link)
            why = write(link)
            assert "cannot write to %s: it is a symbolic link below a folder that everyone may write to" % link in why, why
            assert "link" in write("link", cwd=OPEN)
            os.unlink(link)
    assert is_precious(target) and os.listdir(OWN) == ["target"]


def nor_links_to_folders():
    os.symlink(OWN, os.path.join(OPEN, "folder"))
    why = write(os.path.join(OPEN, "folder", "x.pcap"))
    assert "a folder on its path is a symbolic link" in why, why
    os.mkdir(os.path.join(OWN, "deep"))
    os.symlink("../open/folder", os.path.join(OWN, "way"))  # root's own link leads through the other
    assert "symbolic link" in write(os.path.join(OWN, "way", "x.pcap"))
    assert not os.path.exists(os.path.join(OWN, "x.pcap"))


def links_are_followed_where_only_root_may_write():
    target = put(os.path.join(OWN, "target"))
    os.symlink("target", os.path.join(OWN, "link"))
    os.symlink("../own", os.path.join(OWN, "folder"))
    os.symlink(OPEN, os.path.join(OWN, "absolute"))
    os.symlink("loop", os.path.join(OWN, "loop"))
    os.symlink("fresh", os.path.join(OWN, "dangling"))
    assert write(os.path.join(OWN, "link")) == "" and not is_precious(target)
    assert write("./folder/../link", cwd=OWN) == ""
    assert write(os.path.join(OWN, "folder", "new")) == "" and os.path.isfile(os.path.join(OWN, "new"))
    assert write(os.path.join(OWN, "absolute", "new")) == "" and os.path.isfile(os.path.join(OPEN, "new"))
    assert write(os.path.join(OWN, "dangling")) == "" and os.path.isfile(os.path.join(OWN, "fresh"))
    assert "Too many levels of symbolic links" in write(os.path.join(OWN, "loop"))
    assert "No such file or directory" in write(os.path.join(OWN, "nowhere", "x"))
    assert "Not a directory" in write(os.path.join(OWN, "target", "x"))
    assert "Is a directory" in write(OWN) and "Is a directory" in write(OWN + "/") and "Is a directory" in write("/")
    assert "Not a directory" in write(os.path.join(OWN, "target/"))
    assert "File name too long" in write(os.path.join(OWN, "x" * 300))
    assert "File name too long" in write("/" + "x/" * 3000)


def new_files_and_own_ones_may_be_written_anywhere():
    mine = os.path.join(OPEN, "mine.pcap")
    assert write(mine) == "" and write(mine) == ""
    assert "has other names" in (os.link(mine, os.path.join(OWN, "other")) or write(mine))


def files_of_others_are_not_written_to():
    target = put(os.path.join(OPEN, "theirs"))
    os.chown(target, STRANGER, STRANGER)
    why = write(target)
    assert "it belongs to another user, below a folder that everyone may write to" in why, why
    assert is_precious(target)
    pipe = os.path.join(OPEN, "pipe")
    os.mkfifo(pipe)
    os.chown(pipe, STRANGER, STRANGER)
    assert "it belongs to another user" in write(pipe)  # and does not wait for a reader
    theirs = put(os.path.join(OWN, "theirs"))
    os.chown(theirs, STRANGER, STRANGER)
    assert write(theirs) == ""  # where they could not have put it


def folders_that_others_have_made_where_anybody_may_are_no_better():
    target = put(os.path.join(OWN, "target"))
    folders = [os.path.join(OPEN, "theirs"), os.path.join(OPEN, "theirs", "deep")]
    for folder in folders:
        os.mkdir(folder)
        os.chown(folder, STRANGER, STRANGER)
    for folder in folders:
        os.symlink(target, os.path.join(folder, "link"))
        os.symlink(OWN, os.path.join(folder, "way"))
        os.chown(put(os.path.join(folder, "file")), STRANGER, STRANGER)
        assert "it is a symbolic link" in write(os.path.join(folder, "link"))
        assert "a folder on its path is a symbolic link" in write(os.path.join(folder, "way", "new"))
        assert "it belongs to another user" in write(os.path.join(folder, "file"))
        assert is_precious(os.path.join(folder, "file")) and write(os.path.join(folder, "new")) == ""
    assert is_precious(target) and os.listdir(OWN) == ["target"]
    # One of root's is as good there as elsewhere; and one of theirs elsewhere is where they were let.
    os.mkdir(os.path.join(OPEN, "mine"))
    os.rename(folders[0], os.path.join(OWN, "theirs"))
    for folder in os.path.join(OPEN, "mine"), os.path.join(OWN, "theirs"):
        put(target)
        os.symlink("../../own/target", os.path.join(folder, "to"))
        assert write(os.path.join(folder, "to")) == "" and not is_precious(target)


def another_user_is_told_by_the_kernel_alone():
    link = os.path.join(OPEN, "link")
    os.symlink(put(os.path.join(OPEN, "target")), link)
    for path in OPEN, os.path.join(OPEN, "target"):
        os.chown(path, 65534, 65534)
    os.lchown(link, 65534, 65534)
    os.chmod(FOLDER, 0o755)
    assert write(link, "nobody") == ""


def captures_do_not_follow_either():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    target, first = put(os.path.join(OWN, "target")), os.path.join(OPEN, "a.pcap")
    command = [CAPSTAN, "capture", "-i", "lo", "-w", first, "-C", "1", "-t", "5", "udp"]
    os.symlink(target, first)
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=LIMIT, check=False)
    assert "symbolic link" in done.stderr and done.returncode == 1, done.stderr
    os.unlink(first)
    # The second file's name is taken by a link; what has been captured by then is kept.
    os.symlink(target, first + "1")
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while child.poll() is None:
            sender.sendto(bytes(8000), ("127.0.0.1", 9))
            time.sleep(0.001)
    said = child.stderr.read()
    assert first + "1: it is a symbolic link" in said and "packets captured" in said and child.returncode == 1, said
    assert is_precious(target) and os.path.getsize(first) > 1000000


def descriptors_of_proc_are_written_to():
    target = os.path.join(OWN, "target")
    for name in "/dev/fd/%d", "/proc/self/fd/%d":
        with open(target, "wb") as file:
            subprocess.run([CAPSTAN, "convert", SAVEFILE, name % file.fileno()], pass_fds=[file.fileno()], stderr=subprocess.PIPE,
                           timeout=LIMIT, check=True)
        assert os.path.getsize(target) == os.path.getsize(SAVEFILE)
    into_pipe = subprocess.run([CAPSTAN, "convert", SAVEFILE, "/dev/stdout"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               timeout=LIMIT, check=True)
    assert len(into_pipe.stdout) == os.path.getsize(SAVEFILE)


def nobody_wins_a_race():
    """A stranger puts a link in place of a file of root's, over and over, while root writes to it."""
    target, path = put(os.path.join(OWN, "target")), os.path.join(OPEN, "race")
    child = os.fork()
    if child == 0:
        while True:
            for make in (lambda: put(path + "-", "x"), lambda: os.symlink(target, path + "-")):
                make()
                os.rename(path + "-", path)
    until = time.monotonic() + 1
    try:
        while time.monotonic() < until:
            write(path)
            assert is_precious(target)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


tests = [links_are_not_followed_where_anybody_may_write, nor_links_to_folders, links_are_followed_where_only_root_may_write,
         new_files_and_own_ones_may_be_written_anywhere, captures_do_not_follow_either, descriptors_of_proc_are_written_to,
         nobody_wins_a_race]
if is_root:
    tests += [files_of_others_are_not_written_to, folders_that_others_have_made_where_anybody_may_are_no_better,
              another_user_is_told_by_the_kernel_alone]
else:
    print("part skipped: files of other users need root")
try:
    for test in tests:
        fresh()
        test()
        print("ok", test.__name__)
finally:
    subprocess.run(["rm", "-rf", FOLDER], check=False)
