"""namespace.py - for tests in Python: a network namespace of their own, in which nothing they do can meet the machine's."""
import os
import subprocess
import sys

SKIP = 77
LIMIT = 20  # seconds that no single call may exceed
os.environ["PATH"] += ":/usr/sbin:/sbin"


def enter(*ways):
    """Start the test again in a fresh network and mount namespace, by the first of unshare's options that the kernel
    grants; skip it where it grants none."""
    if os.environ.get("CAPSTAN_TEST_INSIDE"):
        return
    os.environ["CAPSTAN_TEST_INSIDE"] = "1"
    for way in ways:
        if subprocess.run(["unshare", *way, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            os.execvp("unshare", ["unshare", *way, sys.executable, *sys.argv])
    print("skipped: needs a network namespace (root, or user namespaces allowed)")
    sys.exit(SKIP)


def without_leak_check(changes_user=True):
    """An environment for a command that becomes another user: it may not be traced any more, and LeakSanitizer would have to."""
    options = os.environ.get("ASAN_OPTIONS", "") + (":detect_leaks=0" if changes_user else "")
    return {**os.environ, "ASAN_OPTIONS": options}
