#!/usr/bin/env python3
"""install_test.py ROOT - what `make install` puts into a PREFIX and a DESTDIR, that programs are built against it and run,
and that `make uninstall` takes it away again and nothing else. All in a copy of the tree, as nobody if root runs this."""
import os
import pwd
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from installed import HERE, WARNINGS, Tree, call, files  # noqa: E402

ROOT = os.path.abspath(sys.argv[1])
CONSUMER = os.path.join(HERE, "consumer")
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
ROOMS = ["completions", "dropin", "include", "lib", "man", "scripts", "tools", "win32"]


def somebody():
    """Options for subprocess by which it is nobody's."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Installation:
    """A copy of the tree, built as fast as can be, from which is installed."""

    def __init__(self, folder):
        self.folder, self.options = folder, somebody()
        self.source = os.path.join(folder, "source")
        os.mkdir(self.source)
        for name in ROOMS:
            shutil.copytree(os.path.join(ROOT, name), os.path.join(self.source, name),
                            ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("Makefile", "meson.build", "meson_options.txt"):
            shutil.copy(os.path.join(ROOT, name), self.source)
        os.mkdir(self.path("home"))
        if self.options:
            call("chown", "-R", f"{self.options['user']}:{self.options['group']}", folder)
            # Root's own commands first in the PATH may be nobody's business.
            os.environ["PATH"] = "/usr/local/bin:/usr/bin:/bin:" + os.environ["PATH"]
        os.environ["HOME"] = self.path("home")
        self.call("scripts/configure", "build", "-Dtests=false", "-Dbench=false", "-Doptimization=0", "-Ddebug=false")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def call(self, *command):
        return call(*command, cwd=self.source, **self.options)

    def make(self, target, prefix, destdir=""):
        return self.call("make", target, f"PREFIX={prefix}", f"DESTDIR={destdir}")

    def tree(self, prefix, sysroot=""):
        return Tree(prefix, sysroot, cwd=self.path("home"), **self.options)


def pages():
    """Manual pages, and the other names that their NAME sections have, which are links to them."""
    for name in files(os.path.join(ROOT, "man")):
        if not name[-1].isdigit():
            continue
        yield name
        with open(os.path.join(ROOT, "man", name), encoding="utf-8") as file:
            names = file.read().split(".SH NAME\n")[1].split(" \\- ")[0]
        yield from (f"{other}.{name[-1]}" for other in names.split(", "))


def expected(libdir):
    """What has to be in a prefix: the headers, pages and completions of the tree, and what is made."""
    paths = {"bin/capstan"}
    paths |= {f"{libdir}/{name}" for name in (
        "libcapstan.a", "libcapstan.so", "libcapstan.so.1", "libcapstan.so.1.0.0", "libcapstan-win32.a",
        "capstan/libpcap.so.0.8", "capstan/libpcap.so.1", "pkgconfig/capstan.pc", "pkgconfig/capstan-win32.pc")}
    paths |= {f"include/{name}" for name in files(os.path.join(ROOT, "include")) if name.endswith(".h")}
    paths |= {f"share/man/man{page[-1]}/{page}" for page in pages()}
    paths |= {"share/bash-completion/completions/capstan", "share/zsh/site-functions/_capstan",
              "share/fish/vendor_completions.d/capstan.fish"}
    return sorted(paths)


def check_files(tree):
    found, wanted = files(tree.prefix), expected(os.path.relpath(tree.libdir, tree.prefix))
    assert found == wanted, f"missing {sorted(set(wanted) - set(found))}, too much {sorted(set(found) - set(wanted))}"


def check_runs(said):
    assert "apstan" in said and said.endswith(", good\n"), said


def test_compilers(tree, made):
    for compiler in COMPILERS:
        for module, source in (("capstan", "program.c"), ("capstan-win32", "windows.c")):
            # Headers of the porting kit are called and written like Windows', which is not pedantic.
            warnings = WARNINGS if module == "capstan" else WARNINGS[:1]
            tree.call(compiler, *warnings, f"{CONSUMER}/{source}", *tree.flags("--cflags", "--libs", module), "-o", made)
            check_runs(tree.run(made))


def test_static(tree, made):
    for compiler in COMPILERS:
        for module, source in (("capstan", "program.c"), ("capstan-win32", "windows.c")):
            flags = tree.flags("--static", "--cflags", "--libs", module)
            tree.call(compiler, "-static", f"{CONSUMER}/{source}", *flags, "-o", made)
            check_runs(tree.call(made))
            # This library alone, with the system's own as they are.
            flags = [word for flag in flags for word in
                     (["-Wl,-Bstatic", flag, "-Wl,-Bdynamic"] if flag.startswith("-lcapstan") else [flag])]
            tree.call(compiler, f"{CONSUMER}/{source}", *flags, "-o", made)
            assert "capstan" not in tree.call("ldd", made)
            check_runs(tree.call(made))


def test_cmake(tree, made):
    tree.call("cmake", "-S", CONSUMER, "-B", made)
    tree.call("cmake", "--build", made)
    check_runs(tree.call(f"{made}/program"))


def test_meson(tree, made):
    tree.call("meson", "setup", made, CONSUMER)
    tree.call("ninja", "-C", made)
    check_runs(tree.run(f"{made}/program"))


def test_drop_in(tree, _):
    demo = os.path.join(ROOT, "tests", "data", "demo.pcap")
    version = tree.call(tree.capstan, "run", "--", "tcpdump", "--version")
    assert "apstan" in version, version
    folder, = tree.flags("--variable=dropindir", "capstan")
    assert os.path.realpath(folder) == tree.call(tree.capstan, "run", "--folder").strip()
    with open(demo, "rb") as file:
        lines = subprocess.run(["tcpdump", "-n", "-r", "-"], stdin=file, env=dict(os.environ, LD_LIBRARY_PATH=folder),
                               capture_output=True, text=True, check=True).stdout
    assert len(lines.splitlines()) > 100, lines


def test_sysroot(tree, made):
    """A DESTDIR tree in its place, and moved to another one."""
    tree.call(COMPILERS[0], f"{CONSUMER}/program.c", *tree.flags("--cflags", "--libs", "capstan"), "-o", made)
    check_runs(tree.run(made))
    moved = made + ".moved"
    shutil.copytree(tree.prefix, moved, symlinks=True)
    there = Tree(moved, **tree.options)
    flags = there.flags(f"--define-variable=prefix={moved}", "--cflags", "--libs", "capstan")
    there.call(COMPILERS[0], f"{CONSUMER}/program.c", *flags, "-o", made)
    check_runs(there.run(made))
    assert there.call(there.capstan, "run", "--folder").startswith(moved)


def main():
    missing = [name for name in ("meson", "ninja", "make", "pkg-config", "cmake", "tcpdump", "ldd") if not shutil.which(name)]
    if missing:
        print(f"skipped: needs {', '.join(missing)}")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        i = Installation(folder)
        prefix, destdir = i.path("a prefix"), i.path("destdir")
        i.call("mkdir", "-p", f"{prefix}/share")
        i.make("install", prefix)
        i.make("install", prefix)
        i.make("install", "/usr", destdir)
        tree, staged = i.tree(prefix), i.tree(f"{destdir}/usr", sysroot=destdir)
        check_files(tree)
        check_files(staged)
        print("files: ok")
        for test, on in ((test_compilers, tree), (test_static, tree), (test_cmake, tree), (test_meson, tree),
                         (test_drop_in, tree), (test_sysroot, staged)):
            test(on, i.path("home", test.__name__))
            print(f"{test.__name__[5:].replace('_', ' ')}: ok", flush=True)
        # The first one first, though another was installed since; with files of others among ours.
        foreign = ["bin/other", "include/pcap/other.h"]
        for name in foreign:
            i.call("touch", f"{prefix}/{name}")
        i.make("uninstall", prefix)
        assert files(prefix) == foreign and sorted(os.listdir(prefix)) == ["bin", "include", "share"], files(prefix)
        check_files(staged)
        i.make("uninstall", "/usr/", destdir)
        assert not os.path.exists(destdir), files(destdir)
        again = subprocess.run(["make", "uninstall", f"PREFIX={prefix}"], cwd=i.source, capture_output=True, text=True,
                               check=False, **i.options)
        assert again.returncode != 0 and "has installed nothing in" in again.stderr, again
        print("uninstall: ok")


main()
