"""manual_pages.py ROOT BUILD LIBRARY CAPSTAN - the manual pages, held to what they are about: the headers, the list of
exported names, the command's --help, the texts of errors, compilers and formatters, and what is installed."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

root, build, library, capstan = sys.argv[1:5]
sys.path.insert(0, os.path.join(root, "man"))
import derived  # noqa: E402

pages = dict(derived.pages(root))
known = derived.prototypes(root)
available = derived.available(root)
wrong = []
LIBPCAP = "/usr/share/man/man3"  # where libpcap's pages are, if they are
OTHERS = {"pcap(3PCAP)", "pcap-filter(7)", "pcap-linktype(7)", "pcap-tstamp(7)", "pcap-savefile(5)"}


def read(*path):
    with open(os.path.join(root, *path), encoding="utf-8") as file:
        return file.read()


def plain(roff):
    """As a reader sees it."""
    roff = re.sub(r"\\f[BIPR]", "", roff)
    for escape, meaning in (("\\-", "-"), ("\\&", ""), ("\\(aq", "'"), ("\\(ha", "^"), ("\\(ti", "~"), ("\\e", "\\")):
        roff = roff.replace(escape, meaning)
    return roff


def section(page, name):
    parts = re.split(rf"^\.SH {name}\n", page, flags=re.M)
    return re.split(r"^\.SH ", parts[1], flags=re.M)[0] if len(parts) == 2 else None


# Every exported function stands in the table of capstan(3) once, and is described where that says.
def check_functions():
    exported = set(re.findall(r"^\t(\w+);$", read("lib", "capstan.map"), flags=re.M)) - {"pcap_version", "eproto_db"}
    described = {name for file, page in pages.items() if file.endswith(".3") for name in derived.names_of(page)}
    table = section(pages["capstan.3"], "FUNCTIONS")
    rows = re.findall(r"^\.TP\n\\fB(\w+)\\fP(?:\((3\w*)\)|, see \\fB(\w+)\\fP\(3PCAP\))$", table, flags=re.M)
    names = [row[0] for row in rows]
    wrong.extend(f"capstan.3: {name} is no exported function" for name in set(names) - exported)
    wrong.extend(f"capstan.3: {name} is not in the table" for name in exported - set(names))
    wrong.extend(f"capstan.3: {name} is in the table twice" for name in {n for n in names if names.count(n) > 1})
    for name, where, other in rows:
        if (where == "3") != (name in described):
            wrong.append(f"capstan.3: {name}({where}): the page is {'there' if name in described else 'not there'}")
        page = os.path.join(LIBPCAP, f"{other or name}.3pcap.gz")
        if where != "3" and os.path.exists(os.path.join(LIBPCAP, "pcap.3pcap.gz")) and not os.path.exists(page):
            wrong.append(f"capstan.3: {name}: libpcap has no such page")
    return {f"{name}(3PCAP)" for name, where, other in rows if where == "3PCAP"}


# What derived.py makes of headers and tables.
def check_derived():
    for name, is_now, should_be in derived.derived(root, library):
        if is_now != should_be:
            wrong.append(f"{name}: not what headers and tables say; man/derived.py ROOT LIBRARY --write mends it")
    types = read("lib", "names", "tstamp_types.c")
    for name, value in re.findall(r'\{ "(\w+)", "[^"]*",\s*(PCAP_TSTAMP_\w+) \}', types):
        if not re.search(rf"^\\fB{name}\\fP\n\\fB{value}\\fP:", pages["capstan-tstamp.7"], flags=re.M):
            wrong.append(f"capstan-tstamp.7: {name} is not told to be {value}")
    for name in re.findall(r'secure_getenv\(("\w+"|\w+)\)', "".join(sources("lib"))):
        if '"' not in name:
            name = re.search(rf'define {name} ("\w+")', "".join(sources("include"))).group(1)
        name = name.strip('"')
        for page in ("capstan.3", "capstan.1"):
            if not re.search(rf"^(\\fB|\.B ){name}(\\fP)?$", section(pages[page], "ENVIRONMENT"), flags=re.M):
                wrong.append(f"{page}: the environment variable {name} is missing")


def sources(folder):
    for path, _, files in sorted(os.walk(os.path.join(root, folder))):
        for name in sorted(files):
            if name.endswith((".c", ".h")):
                with open(os.path.join(path, name), encoding="utf-8") as file:
                    yield file.read()


# Structs that pages show are those of the headers; of those of capstan_pcapng(3), which are told in prose, each member.
def check_structs():
    text = re.sub(r"/\*.*?\*/", "", "".join(sources("include")), flags=re.S)
    definition = re.compile(r"^struct (\w+) \{(.*?)^\};", re.M | re.S)
    structs = {name: " ".join(body.split()) for name, body in definition.findall(text)}
    shown = 0
    for file, page in pages.items():
        for example in re.findall(r"^\.EX\n(.*?)^\.EE$", page, flags=re.M | re.S):
            for name, body in definition.findall(plain(example)):
                shown += 1
                if " ".join(re.sub(r"/\*.*?\*/", "", body, flags=re.S).split()) != structs.get(name):
                    wrong.append(f"{file}: struct {name} is not that of the header")
    prose = re.compile(r"^\.SS struct (\w+)\n(.*?)(?=^\.S[SH] )", re.M | re.S)
    for name, told in prose.findall(pages["capstan_pcapng.3"]):
        shown += 1
        for member in re.findall(r"(\w+)(?:\[\w+\])?\s*[,;]", re.sub(r"union \{.*?\}", "", structs[name])):
            if not re.search(rf"\b{member}\b", plain(told)) and member not in ("options", "interface_id", "present"):
                wrong.append(f"capstan_pcapng.3: struct {name}: {member} is missing")
    if shown < 10:
        wrong.append(f"only {shown} structs were found in the pages")


# The parts that each page of a function has, and that the texts of its errors are those of the library.
def check_sections():
    said = re.sub(r'"\s*(?:CST_\w+\s*)?"', "", "".join(sources("lib")).replace('\\"', "\x00")).replace("\x00", '"')
    for file, page in pages.items():
        if not page.split("\n")[0 if page.startswith(".") else 1].startswith(f'.\\" {file} - '):
            wrong.append(f"{file}: does not begin with its name")
        if not any(name in known for name in derived.names_of(page)):
            continue
        for name in ("DESCRIPTION", "RETURN VALUE", "ERRORS", "THREADS", "EXAMPLE", "COMPATIBILITY", "SEE ALSO"):
            if section(page, name) is None:
                wrong.append(f"{file}: no section {name}")
        for name in derived.names_of(page):
            since = available.get(name) or ("0.1.0" if name.startswith("capstan_") else None)
            if since and not re.search(rf"since {re.escape(since)}\b", section(page, "COMPATIBILITY") or ""):
                wrong.append(f"{file}: does not say that {name}() is there since {since}")
        for text in re.findall(r"^\.TP\n\\fB(.*)\\fP$", section(page, "ERRORS") or "", flags=re.M):
            for part in re.split(r"\\fI.*?\\fB", re.sub(r"\\fP, \\fB", r"\\fIor\\fB", text)):
                part = plain(part).strip(": ")
                if part and part not in said:
                    wrong.append(f"{file}: no error has the text '{part}'")


# Formatters have nothing to say.
def check_formatting():
    files = [os.path.join(root, "man", name) for name in pages]
    for command in (["mandoc", "-T", "lint", "-W", "warning"], ["groff", "-t", "-ww", "-man", "-z", "-Tutf8"]):
        if not shutil.which(command[0]):
            print(f"{command[0]} is not there: not asked")
            continue
        for some in ([files] if command[0] == "mandoc" else [[file] for file in files]):
            found = subprocess.run(command + some, capture_output=True, text=True, check=False)
            wrong.extend(line for line in (found.stdout + found.stderr).splitlines() if line)


# Whatever is referred to is a page of ours, or of libpcap's and in the table.
def check_references(of_libpcap):
    ours = {f"{name}({file[-1]})" for file, page in pages.items() for name in derived.names_of(page)}
    ours |= OTHERS | of_libpcap
    for file, page in pages.items():
        text = re.sub(r"^\.EX\n.*?^\.EE$", "", page, flags=re.M | re.S)
        text = re.sub(r'^\.BR ([\w-]+) \((\w+)\)', r"\\fB\1\\fP(\2)", text, flags=re.M)
        for name, where in re.findall(r"\\fB([\w\\-]+)\\fP\((\w+)\)", text):
            name = plain(name)
            if re.match(r"(capstan|pcap|bpf)", name) and f"{name}({where})" not in ours:
                wrong.append(f"{file}: there is no {name}({where})")
        for path in re.findall(r"(?<![\w/])(?:docs|examples)/[\w./]+\w", plain(page)):
            if not os.path.exists(os.path.join(root, path)):
                wrong.append(f"{file}: there is no {path}")


# The examples of section 3 are programs that compile and link; those that are of the porting kit, with it.
def check_examples():
    number = 0
    with tempfile.TemporaryDirectory() as folder:
        for file, page in pages.items():
            for example in re.findall(r"^\.EX\n(.*?)^\.EE$", page, flags=re.M | re.S):
                example = plain(example)
                if "int main" not in example and "_tmain" not in example:
                    continue
                number += 1
                source = os.path.join(folder, f"{file}.c")
                with open(source, "w", encoding="utf-8") as out:
                    out.write(example)
                kit = "_tmain" in example
                command = os.environ.get("CC", "cc").split()
                command += ["-Wall", "-Wextra", "-Werror", source, "-o", source + ".out"]
                command += ["-I" + os.path.join(root, "include", "capstan", "win32")] if kit else []
                command += ["-I" + os.path.join(root, "include"), library]
                command += [os.path.join(build, "win32", "libcapstan-win32.a"), "-pthread"] if kit else []
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode != 0:
                    wrong.append(f"{file}: the example does not compile:\n{done.stderr}")
    return number


# capstan(1) and --help name the same commands and options.
def check_command():
    def ask(*words):
        return subprocess.run([capstan, *words], capture_output=True, text=True, check=True).stdout

    page = pages["capstan.1"]
    commands = re.findall(r"^  (\w+)  ", ask("--help"), flags=re.M)
    parts = dict(re.findall(r"^\.SS (\w+)\n(.*?)(?=^\.S[SH] )", page, flags=re.M | re.S))
    if set(parts) != set(commands) | {"help"}:
        wrong.append(f"capstan.1: describes {sorted(parts)}, and the commands are {sorted(commands)}")
    synopsis = plain(section(page, "SYNOPSIS"))
    for command in commands:
        options = re.findall(r"^  (?:(-\w), |    )(--[\w-]+)", ask("help", command), flags=re.M)
        options = {option for both in options for option in both if option} - {"-h", "--help"}
        tags = re.findall(r"^\.TP\n(.*)", parts.get(command, ""), flags=re.M)
        told = {option for tag in tags for option in re.findall(r"(?<![\w-])--?[\w-]+", plain(tag))}
        wrong.extend(f"capstan.1: {command} {option} is not there" for option in options - told)
        wrong.extend(f"capstan.1: {command} has no {option}" for option in told - options)
        lines = re.findall(rf"^\.B capstan {command}\b.*?(?=^\.br|\Z)", synopsis, flags=re.M | re.S)
        brief = {option for option in re.findall(r"(?<![\w-])--?[\w-]+", "".join(lines))} - {"--", "-"}
        usage = ask("help", command).split("\n\n")[0]
        due = {option for option in re.findall(r"(?<![\w-])--?[\w-]+", usage)} - {"--"}
        if not brief >= due or not brief <= options:
            wrong.append(f"capstan.1: the synopsis of {command} has {sorted(brief)}, --help {sorted(due)}")


# Installed: each page, and each other name as a link to it, which man finds. By a project of its own that has the pages
# only, so that what `make uninstall` knows of this build stays as it is.
def check_installation():
    with tempfile.TemporaryDirectory() as project:
        folder = os.path.join(project, "installed")
        shutil.copytree(os.path.join(root, "man"), os.path.join(project, "man"))
        with open(os.path.join(project, "meson.build"), "w", encoding="utf-8") as file:
            file.write("project('pages')\nsubdir('man')\n")
        for command in (["setup", os.path.join(project, "build"), project],
                        ["install", "-C", os.path.join(project, "build"), "--tags", "man", "--destdir", folder]):
            subprocess.run(["meson"] + command, check=True, stdout=subprocess.DEVNULL)
        there = {}
        for path, _, files in os.walk(folder):
            there.update({name: os.path.join(path, name) for name in files})
        due = {f"{name}.{file[-1]}": file for file, page in pages.items() for name in derived.names_of(page)}
        wrong.extend(f"{name} is not installed" for name in sorted(set(due) - set(there)))
        wrong.extend(f"{name} is installed, and no page says so" for name in sorted(set(there) - set(due)))
        for name in set(due) & set(there):
            if os.path.basename(os.path.realpath(there[name])) != due[name] or not os.path.exists(there[name]):
                wrong.append(f"{name} is not {due[name]}")
        if shutil.which("man"):
            manpath = os.path.dirname(os.path.dirname(there["capstan.3"]))
            found = subprocess.run(["man", "-M", manpath, "-w", "pcap_sendqueue_queue", "capstan", "wsockinit"],
                                   capture_output=True, text=True, check=False)
            first = (found.stdout.splitlines() or [""])[0]
            if "minimized" in found.stdout:
                print("man is not that of man-db: not asked")
            elif found.returncode != 0 or not os.path.realpath(first).endswith("/pcap_sendqueue_transmit.3"):
                wrong.append(f"man finds {found.stdout}{found.stderr}")
        return len(due)


of_libpcap = check_functions()
check_derived()
check_structs()
check_sections()
check_formatting()
check_references(of_libpcap)
examples = check_examples()
check_command()
names = check_installation()
print("\n".join(wrong) or f"{len(pages)} pages under {names} names, {examples} examples compile")
sys.exit(1 if wrong or examples < 25 else 0)
