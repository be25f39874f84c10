#!/usr/bin/env python3
"""completions_test.py BUILD ROOT - bash, zsh and fish, each by itself, find the completions of an installed tree and offer
every subcommand, every option of every --help, and what arguments may be."""
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from installed import LIMIT, Tree, call, files  # noqa: E402

BUILD, ROOT = (os.path.abspath(path) for path in sys.argv[1:3])
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"


def stage(folder):
    """An installed tree, first in the path, where shells look for completions; and files to complete."""
    root = os.path.join(folder, "root")
    call("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", root)
    capstan, = [path for path in files(root) if path.endswith("bin/capstan")]
    prefix = os.path.join(root, os.path.dirname(os.path.dirname(capstan)))
    os.environ["PATH"] = f"{prefix}/bin:{os.environ['PATH']}"
    os.environ["XDG_DATA_DIRS"] = f"{prefix}/share:/usr/local/share:/usr/share"
    os.environ["HOME"] = os.path.join(folder, "home")
    os.makedirs(os.environ["HOME"])
    os.makedirs("files")
    os.chdir("files")
    for name in ("some.pcap", "some other.pcap"):
        with open(name, "w", encoding="ascii"):
            pass
    return Tree(prefix)


# ---- what there is ----

def help_of(command):
    """Every way that --help writes an option."""
    listing = call("capstan", command, "--help").split("\noptions:\n")[1]
    options = set()
    for letter, name in re.findall(r"^  (?:(-\S), )? *(--[a-z-]+)", listing, re.M):
        options |= {name, letter} - {""}
    assert {"-h", "--help"} < options, listing
    return options


def commands():
    return set(re.findall(r"^  ([a-z]+) +\S", call("capstan", "help").split("\n\n")[1], re.M))


# A line, and what must be among the words that could be its last.
CASES = [
    ("capstan cap", ["capture"]),
    ("capstan help con", ["convert"]),
    ("capstan capture --format ", ["pcap", "pcapng"]),
    ("capstan convert --compress ", ["none", "gzip", "zstd", "lz4"]),
    ("capstan send --engine ", ["auto", "xdp", "socket"]),
    ("capstan send --eng x", ["xdp"]),
    ("capstan filter -l EN1", ["EN10MB"]),
    ("capstan oid OID_GEN_LINK_S", ["OID_GEN_LINK_SPEED", "OID_GEN_LINK_STATE", "OID_GEN_LINK_SPEED_EX"]),
    ("capstan capture -i lo portr", ["portrange"]),
    ("capstan read some.pcap tcp and ho", ["host"]),
    ("capstan read some.p", ["some.pcap"]),
    ("capstan read some", ["some.pcap", "some other.pcap"]),
    ("capstan capture -w some.p", ["some.pcap"]),
    ("capstan convert some.pcap some.p", ["some.pcap"]),
    ("capstan run -- tcpdum", ["tcpdump"]),
]
# Shells may take what is behind the = for all that has to be replaced.
EQUALS = [
    ("capstan capture --format=pc", ["--format=pcap", "--format=pcapng"]),
    ("capstan capture --write=some.p", ["--write=some.pcap"]),
]


# ---- the shells: each takes lines and returns what it offers for the last word of each ----

def bash(lines):
    script = f"""
        . {BASH_COMPLETION}
        _completion_loader capstan # what the first TAB does; 124: it has been found
        [ $? -eq 124 ] || exit 9
        while IFS= read -r line; do
            read -ra COMP_WORDS <<<"${{line//=/ = }}"
            [[ $line == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) COMP_LINE=$line COMP_POINT=${{#line}}
            _capstan capstan capstan
            printf '%s\\t' "${{COMPREPLY[@]}}"
            echo
        done"""
    done = subprocess.run(["bash", "--norc", "-c", script], input="".join(line + "\n" for line in lines), text=True,
                          capture_output=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done
    return [answer.split("\t")[:-1] for answer in done.stdout.splitlines()]


def fish(lines):
    script = "for line in (cat); complete -C $line | string replace -r '\\t.*' '' | string join \\t; echo; end"
    done = subprocess.run(["fish", "-c", script], input="".join(line + "\n" for line in lines), text=True,
                          capture_output=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done
    answers = done.stdout.replace("\n\n", "\n").splitlines()
    assert len(answers) == len(lines), done
    return [answer.split("\t") for answer in answers]


ZSH_SETUP = """
PS1= LISTMAX=100000
fpath=({functions} $fpath)
autoload -Uz compinit && compinit -u -D
zstyle ':completion:*' verbose no
bindkey -e
# What is offered to the line editor is what is added without being asked for.
compadd() {{
    if (( ! $argv[(I)-[AOD]] )); then
        local -a matches
        builtin compadd -A matches "$@"
        print -rn -- "${{(pj:\\t:)matches}}"$'\\t' >>answers
    fi
    builtin compadd "$@"
}}
next() {{ BUFFER=; print >>answers }}
zle -N next
bindkey '^X^N' next
print ready >answers
"""


def zsh(lines):
    """On a terminal, since completion is a part of its line editor."""
    with open("setup", "w", encoding="utf-8") as file:
        file.write(ZSH_SETUP.format(functions=os.path.join(os.environ["XDG_DATA_DIRS"].split(":")[0], "zsh/site-functions")))
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("zsh", ["zsh", "-f", "-i"])
    os.set_blocking(terminal, False)
    try:
        answers = ask_zsh(terminal, lines)
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)
    return answers


def ask_zsh(terminal, lines):
    said = b""

    def wait_for(count):
        nonlocal said
        end = time.monotonic() + LIMIT
        while True:
            try:
                said += os.read(terminal, 65536)
            except BlockingIOError:
                time.sleep(0.01)
            if os.path.exists("answers"):
                with open("answers", encoding="utf-8") as file:
                    text = file.read()
                if text.count("\n") >= count:
                    return text
            assert time.monotonic() < end, f"zsh does not answer: {said}"

    os.write(terminal, b" . ./setup\n")
    wait_for(1)
    for number, line in enumerate(lines):
        os.write(terminal, line.encode() + b"\t\x18\x0e")
        text = wait_for(number + 2)
    os.remove("answers")
    return [answer.split("\t")[:-1] for answer in text.splitlines()[1:]]


SHELLS = [(bash, BASH_COMPLETION), (fish, "fish"), (zsh, "zsh")]


# ---- the tests ----

def wanted():
    """(line, words that have to be offered, words that must not)"""
    names = commands()
    assert len(names) >= 9, names
    yield "capstan ", names | {"help"}, set()
    for name in names:
        yield f"capstan {name} -", help_of(name), set()
    devices = set(call("capstan", "list", "-n").split())
    for name in ("capture", "send", "stat", "oid"):
        yield f"capstan {name} -i ", devices, names
    for name in names:
        if "--user" in help_of(name):
            yield f"capstan {name} --user nob", {"nobody"}, names
            yield f"capstan {name} --user=nob", {"--user=nobody"}, names
    for line, words in CASES + EQUALS:
        yield line, set(words), {"-i", "--help", "list"}


def check_shell(shell):
    failures = []
    rows = list(wanted())
    for (line, must, must_not), answer in zip(rows, shell([row[0] for row in rows]), strict=True):
        answer = {word.strip().replace("\\", "") for word in answer}
        lead = "".join(re.findall(r"\S+=(?=\S*$)", line))
        answer = {word if word.startswith(lead) else lead + word for word in answer}
        if must - answer:
            failures.append(f"{line!r}: lacks {sorted(must - answer)}, has {sorted(answer)}")
        if must_not & answer:
            failures.append(f"{line!r}: offers {sorted(must_not & answer)}")
    assert not failures, "\n".join(failures)
    return len(rows)


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        stage(folder)
        for shell, needs in SHELLS:
            if not (os.path.exists(needs) or shutil.which(needs)):
                print(f"skipped: {shell.__name__}: {needs} is not installed")
                continue
            try:
                began = time.monotonic()
                print(f"ok {shell.__name__}: {check_shell(shell)} lines ({time.monotonic() - began:.1f} s)")
            except AssertionError as error:
                failures += 1
                print(f"FAIL {shell.__name__}: {error}")
        os.chdir("/")
    sys.exit(1 if failures else 0)


main()
