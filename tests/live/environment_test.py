#!/usr/bin/env python3
"""environment_test.py PROGRAM SAVEFILE - whoever starts a program with more rights than his own does not steer the library in it by
the environment. PROGRAM is asks_environment."""
import os
import pwd
import shutil
import struct
import subprocess
import sys
import tempfile

from namespace import LIMIT, SKIP

PROGRAM, SAVEFILE = sys.argv[1:]
STEERED = {"PATH": os.environ["PATH"], "CAPSTAN_JIT": "0", "CAPSTAN_ENGINE": "transmit=socket"}
CAP_NET_RAW = 13


def says(program, environment=STEERED, user=None):
    done = subprocess.run([program, os.path.join(os.path.dirname(program), "savefile")], env=environment, user=user, group=user,
                          extra_groups=[] if user is not None else None, stdout=subprocess.PIPE, text=True, timeout=LIMIT, check=True)
    return done.stdout.split()


def give_capability(path):
    """What `setcap cap_net_raw+ep` does: linux/capability.h, vfs_cap_data."""
    os.setxattr(path, "security.capability", struct.pack("<5I", 0x02000001, 1 << CAP_NET_RAW, 0, 0, 0))


def main(folder):
    plain = shutil.copy(PROGRAM, os.path.join(folder, "plain"))
    shutil.copy(SAVEFILE, os.path.join(folder, "savefile"))
    os.chmod(folder, 0o755)
    native = says(plain, {})[1]  # "interpreted" where the processor has no native code
    assert says(plain, {}) == ["ordinary", native, "any"]
    assert says(plain) == ["ordinary", "interpreted", "socket"], says(plain)
    if os.geteuid() != 0 or open("/proc/self/uid_map", encoding="ascii").read().split()[2] == "1":
        print("skipped: needs root, to make programs set-user-ID")
        sys.exit(SKIP)
    nobody = pwd.getpwnam("nobody").pw_uid
    assert says(plain, user=nobody) == ["ordinary", "interpreted", "socket"]
    for name, give in [("setuid", lambda path: os.chmod(path, 0o4755)),
                       ("setgid", lambda path: os.chmod(path, 0o2755)),
                       ("setcap", give_capability)]:
        path = shutil.copy(PROGRAM, os.path.join(folder, name))
        give(path)
        heard = says(path, user=nobody)
        if heard[0] != "secure":
            print("skipped: %s is not honoured in %s" % (name, folder))
            sys.exit(SKIP)
        assert heard == ["secure", native, "any"], (name, heard)


with tempfile.TemporaryDirectory() as place:
    main(place)
print("ok")
