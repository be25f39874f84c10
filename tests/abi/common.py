# What the checks of this folder share: finding compilers, running them, listing headers and declarations.
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

SKIP = 77


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIP)


def verdict(failures, passed):
    """End the check: print what failed, or what has been shown."""
    for failure in failures:
        print(f"FAIL {failure}")
    print(f"{len(failures)} failures" if failures else f"ok: {passed}")
    sys.exit(1 if failures else 0)


def run(command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def must(command, text=None):
    """Output of a command without which the check makes no sense."""
    done = run(command, text)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)}\n{done.stderr}")
    return done.stdout


def compilers(language):
    """Commands of every compiler here for "c" or "c++": the one of the environment, gcc and clang."""
    variable, names = {"c": ("CC", ["gcc", "clang"]), "c++": ("CXX", ["g++", "clang++"])}[language]
    found = []
    for command in [shlex.split(os.environ.get(variable, ""))] + [[name] for name in names]:
        if command and shutil.which(command[0]) and command not in found:
            found.append(command)
    return found


def headers(include_dir):
    """Names to include, as "pcap.h" or "pcap/bpf.h". The porting kit's, which are not for everyone, are not among them."""
    names = []
    for folder in ("", "pcap", "capstan"):
        path = os.path.join(include_dir, folder)
        if not os.path.isdir(path):
            continue
        names += [os.path.join(folder, f) for f in sorted(os.listdir(path)) if f.endswith(".h")]
    return names


def include_lines(names):
    return "".join(f"#include <{name}>\n" for name in names)


# libpcap's headers need some of these before them; and they keep system types out of comparisons.
SYSTEM_HEADERS = ["stddef.h", "stdio.h", "stdlib.h", "string.h", "stdint.h", "inttypes.h", "sys/types.h", "sys/time.h",
                  "sys/socket.h", "netdb.h", "arpa/inet.h"]


def prototypes(include_dir, names):
    """Functions that the headers under include_dir declare: name -> prototype as gcc spells it."""
    with tempfile.TemporaryDirectory() as folder:
        # To a file of its own: gcc deletes what it was to write when it fails, be it /dev/stdout.
        path = os.path.join(folder, "prototypes")
        must(["gcc", "-x", "c", "-std=gnu11", "-fsyntax-only", "-I", include_dir, "-aux-info", path, "-"],
             include_lines(SYSTEM_HEADERS + names))
        with open(path, encoding="utf-8") as file:
            listing = file.read()
    declared = {}
    for path, text in re.findall(r"^/\* (.*?):\d+:\w+ \*/ extern (.*);$", listing, re.M):
        if os.path.abspath(path).startswith(os.path.abspath(include_dir) + "/"):
            declared[re.search(r"(\w+) \(", text).group(1)] = text
    return declared


def map_symbols(path):
    """Symbols that the linker's version script at `path` exports, in its order."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    return re.findall(r"(\w+);", text.split("global:")[1].split("local:")[0])


def exported(library):
    """Symbols a shared library defines: name -> letter of nm(1)."""
    return {line.split()[2]: line.split()[1]
            for line in must(["nm", "-D", "--defined-only", library]).splitlines()}


def debian_library():
    """Path of Debian's libpcap, or None."""
    path = run(["gcc", "-print-file-name=libpcap.so.0.8"]).stdout.strip() if shutil.which("gcc") else ""
    return os.path.realpath(path) if os.path.isabs(path) and os.path.exists(path) else None
