"""machine.py - what a table was measured on, and beside what."""
import ctypes
import os
import subprocess

from lab import have

# Programs that say their version, and with which option.
PROGRAMS = {"tcpdump": "--version", "tcpreplay": "--version", "gzip": "--version", "zstd": "--version", "lz4": "--version"}


def processor():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        facts = dict(line.split(":", 1) for line in file if ":" in line)
    names = (facts.get(key, "").strip() for key in ("model name\t", "Processor\t", "CPU part\t"))
    return next((name for name in names if name), os.uname().machine)


def memory_gib():
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def machine():
    system, _, release, _, architecture = os.uname()
    return {"processor": processor(), "cores": os.cpu_count(), "memory_gib": memory_gib(), "system": f"{system} {release}",
            "architecture": architecture}


def library_version(path):
    version = ctypes.CDLL(path).pcap_lib_version
    version.restype = ctypes.c_char_p
    return version().decode()


def first_line(program, option):
    done = subprocess.run([program, option], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          check=False)
    return (done.stdout + done.stderr).strip().partition("\n")[0].strip("* ")


def versions(lab):
    found = {"capstan": library_version(lab.capstan), "libpcap": library_version(lab.libpcap)}
    found.update({name: first_line(name, option) for name, option in PROGRAMS.items() if have(name)})
    return found


def commit(source):
    """Of the source tree, where it is a checkout."""
    done = subprocess.run(["git", "-C", source, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
