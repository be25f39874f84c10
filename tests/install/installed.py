"""installed.py - what the tests of this folder share: an installed tree, and programs that are built against it."""
import os
import shlex
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
LIMIT = 300  # seconds that no single call may exceed
os.environ["PATH"] += ":/usr/sbin:/sbin"


def call(*command, **options):
    """What it prints; a failure is an error with all that it said."""
    options.setdefault("cwd", os.getcwd())
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, timeout=LIMIT, check=False, **options)
    assert done.returncode == 0, f"{shlex.join(str(word) for word in command)}: status {done.returncode}\n{done.stdout}"
    return done.stdout


def files(root):
    """Paths below a folder of all that is no folder."""
    return sorted(os.path.relpath(os.path.join(folder, name), root)
                  for folder, folders, names in os.walk(root)
                  for name in names + [f for f in folders if os.path.islink(os.path.join(folder, f))])


class Tree:
    """An installed tree: its prefix as it lies here, and in which root it was made to be that prefix."""

    def __init__(self, prefix, sysroot="", **options):
        self.prefix, self.options = prefix, options
        config, = [os.path.join(prefix, path) for path in files(prefix) if path.endswith("pkgconfig/capstan.pc")]
        self.libdir = os.path.dirname(os.path.dirname(config))
        self.capstan = os.path.join(prefix, "bin", "capstan")
        self.env = dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(config))
        if sysroot:
            self.env["PKG_CONFIG_SYSROOT_DIR"] = sysroot
        self.running = dict(os.environ, LD_LIBRARY_PATH=self.libdir)

    def call(self, *command, **options):
        return call(*command, **{"env": self.env, **self.options, **options})

    def flags(self, *what):
        return shlex.split(self.call("pkg-config", *what))

    def run(self, *command, **options):
        """A program that was built against the library, as a user runs it whose library is in no place of the system's."""
        return self.call(*command, env=self.running, **options)
