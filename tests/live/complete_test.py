#!/usr/bin/env python3
"""complete_test.py CAPSTAN ROOT - what the command answers to the shells that ask how a line could go on. That they show
it is for tests/install/completions_test.py."""
import os
import random
import re
import subprocess
import sys

CAPSTAN, ROOT = sys.argv[1:3]
ROUNDS = 200


def output(*words):
    done = subprocess.run([CAPSTAN, *words], capture_output=True, text=True, errors="replace", timeout=60, check=False)
    assert done.returncode == 0 and not done.stderr, (words, done)
    return done.stdout


def ask(*words):
    """The command's own answer."""
    return [line.split("\t")[0] for line in output("--complete", *words).splitlines()]


def check_values():
    with open(os.path.join(ROOT, "include", "capstan", "oid.h"), encoding="utf-8") as file:
        assert sorted(ask("oid", "")) == sorted(re.findall(r"^#define (OID_\w+)", file.read(), re.M))
    with open(os.path.join(ROOT, "lib", "filter", "words.c"), encoding="utf-8") as file:
        language = set(re.findall(r'^\t\{ "([^"]+)"', file.read(), re.M))
    words = ask("stat", "")
    assert len(words) > 20 and set(words) <= language, set(words) - language
    with open(os.path.join(ROOT, "include", "pcap", "dlt.h"), encoding="utf-8") as file:
        text = file.read()
    linktypes = ask("filter", "--linktype", "")
    assert len(linktypes) > 150 and all(re.search(rf"\bDLT_{re.escape(name)}\b", text) for name in linktypes)


def check_places():
    """Where an option's argument stands, and where none does."""
    devices = ask("capture", "-i", "")
    for line in (("-pi", ""), ("--int", ""), ("-c", "5", "-i", ""), ("-w", "-x", "--interface", "")):
        assert ask("capture", *line) == devices, line
    assert ask("capture", "-pB") == [] and "--interface" not in ask("capture", "--", "-")
    assert ask("capture", "-pil") == ["-pil" + name[1:] for name in devices if name[0] == "l"]
    assert ask("capture", "--interface=l") == ["--interface=" + name for name in devices if name[0] == "l"]
    assert ask("capture", "-B", "") == [] and ask("capture", "--mi", "--na") == ["--nano"]
    assert ask("send", "some.pcap", "") == [] and ask("nonsense", "") == [] and ask("list", "") == []
    for words in ((), ("",)):
        assert len(ask(*words)) >= 10 and {"list", "capture", "run", "help"} <= set(ask(*words))


def check_random_lines():
    """Whatever stands there, an answer in the form that shells read."""
    pieces = ["-", "--", "", "-i", "-pi", "--w", "--write=", "-il", "--interface", "x", "tcp", "-C5", "--=", "=", "-=", "---",
              "--i=", "-hi", "--format", "--format=", "\xff", "a" * 500, "--" + "b" * 300, "-" + "p" * 100 + "i", "-Zn"]
    line = re.compile(r"[^\t\n]+\t[^\t\n]*|\t(files|users)\t[^\t\n]*|\tprogram\t\d+")
    rng = random.Random(7)
    names = ask("help", "") + ["nonsense"]
    for _ in range(ROUNDS):
        words = [rng.choice(names)] + [rng.choice(pieces) for _ in range(rng.randint(0, 5))]
        for answer in output("--complete", *words).splitlines():
            assert line.fullmatch(answer), (words, answer)


check_values()
check_places()
check_random_lines()
print("ok")
