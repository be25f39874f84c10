#!/usr/bin/env python3
"""savefile_packages.py CORPUS [--long] - every capture file of Debian's packages and every one made by hand, and each of
them compressed, read and written by Capstan and by libpcap.

CORPUS is the program savefile_corpus; --long adds the packages that are large, and the compressed copies of all files
instead of every fifth."""
import os
import shutil
import subprocess
import sys
import tempfile

import savefile_made

FETCH = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../scripts/fetch-captures")
# Suffix and the command that unpacks; the same one packs, quickly.
TOOLS = {".gz": "gzip", ".zst": "zstd", ".lz4": "lz4"}


def fetched(long):
    done = subprocess.run([FETCH] + (["--long"] if long else []), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    lines = done.stdout.splitlines()
    for line in lines:
        if not line.startswith("/"):
            print(line)  # packages that could not be had
    return [line for line in lines if line.startswith("/")]


def unpacked(path, folder):
    """A copy that libpcap can read, or `path` itself if it cannot be unpacked."""
    plain = os.path.join(folder, str(len(os.listdir(folder))) + ".plain")
    with open(plain, "wb") as out:
        done = subprocess.run([TOOLS[os.path.splitext(path)[1]], "-dcq", path], stdout=out, check=False)
    return plain if done.returncode == 0 else path


def packed(paths, folder):
    """(compressed copy, path) of each, with every kind of compression."""
    copies = []
    for number, path in enumerate(paths):
        copies.append(os.path.join(folder, f"{number}.{os.path.basename(path)}"))
        shutil.copyfile(path, copies[-1])
    for suffix, tool in TOOLS.items():
        if not shutil.which(tool):
            print(f"skipped: files compressed with {tool}: there is no {tool}")
            continue
        # gzip takes files as they come, the others have to be told that there are many.
        subprocess.run([tool, "-1", "-q", "-k", *(["-m"] if tool == "lz4" else []), *copies], check=True)
        yield from ((copy + suffix, path) for copy, path in zip(copies, paths))


def main():
    corpus, long = sys.argv[1], "--long" in sys.argv[2:]
    files = fetched(long)
    print(f"{len(files)} files of Debian's packages")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("made", "plain", "packed"):
            os.mkdir(os.path.join(folder, name))
        made = savefile_made.write_folder(os.path.join(folder, "made"))
        compressed = [path for path in files if os.path.splitext(path)[1] in TOOLS]
        plain = [path for path in files if path not in compressed]
        pairs = [(path, unpacked(path, os.path.join(folder, "plain"))) for path in compressed]
        pairs += packed((plain + made)[::1 if long else 5], os.path.join(folder, "packed"))
        listed = os.path.join(folder, "list")
        with open(listed, "w", encoding="utf-8") as lines:
            lines.writelines(f"{path}\n" for path in made + plain)
            lines.writelines("\t".join(pair) + "\n" for pair in pairs)
        return subprocess.run([corpus, listed], check=False).returncode


sys.exit(main())
