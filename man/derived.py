"""derived.py ROOT LIBRARY [--write] - the parts of the manual pages that are told elsewhere: the SYNOPSIS of each page
of section 3, from the names in its NAME section and the prototypes in include/; and the table of capstan-linktype(7), from
lib/names/linktypes.c, what the library's filters know of each type, and what the command decodes. With --write they are
written into the pages; tests/abi/manual_pages.py holds the pages to them."""
import ctypes
import os
import re
import sys

HEADERS = {"pcap/pcap.h": "pcap.h", "pcap/bpf.h": "pcap.h"}  # what a program includes; the others by their own name


def headers(root):
    for folder in ("pcap", "capstan"):
        for name in sorted(os.listdir(os.path.join(root, "include", folder))):
            if name.endswith(".h"):
                with open(os.path.join(root, "include", folder, name), encoding="utf-8") as header:
                    yield f"{folder}/{name}", header.read()


def prototypes(root):
    """name -> (header, prototype in one line)"""
    found = {}
    for header, text in headers(root):
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        text = re.sub(r"\s*PCAP_(AVAILABLE_\w+|DEPRECATED\(\"[^\"]*\"\))", "", text)
        for said in re.findall(r"^PCAP_API\s+(.*?);", text, flags=re.S | re.M):
            said = re.sub(r"\* (?=\w+\()", "*", " ".join(said.split()))
            name = re.search(r"(\w+)\(", said).group(1)
            found[name] = (HEADERS.get(header, header), said + ";")
    return found


def available(root):
    """name -> the release of libpcap that it first came with, where the header says so"""
    found = {}
    for _, text in headers(root):
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        said = re.findall(r"^PCAP_API\s[^;]*?(\w+)\([^;]*?\)\s*PCAP_AVAILABLE_(\d+)_(\d+)", text, flags=re.M)
        for name, major, minor in said:
            found[name] = f"{major}.{minor}"
    return found


def pages(root):
    folder = os.path.join(root, "man")
    for name in sorted(os.listdir(folder)):
        if re.fullmatch(r".*\.[0-9]", name):
            with open(os.path.join(folder, name), encoding="utf-8") as page:
                yield name, page.read()


def names_of(page):
    return page.split(".SH NAME\n")[1].split(" \\- ")[0].split(", ")


def wrapped(prototype, width=76):
    """Broken behind commas, what follows indented."""
    lines, line = [], ""
    for part in re.split(r"(?<=,) ", prototype):
        if line and len(line) + 1 + len(part) > width:
            lines.append(line)
            line = "    " + part
        else:
            line = f"{line} {part}" if line else part
    return lines + [line]


def marked(line):
    """Bold, but for the names of parameters, which stand in front of a comma, a bracket or the last parenthesis."""
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\fB" + re.sub(r"(?<=[ *])(\w+)(?=\[\]|,|\);)", r"\\fI\1\\fB", line) + "\\fP"


def synopsis(page, known):
    said, last = [], None
    for name in names_of(page):
        if name not in known:
            continue
        header, prototype = known[name]
        if header != last:
            said += ([".PP"] if said else []) + [f"\\fB#include <{header}>\\fP"]
            last = header
        said += [".PP"] + [marked(line) for line in wrapped(prototype)]
    said += [".fi", ".PP", "Compile and link with \\fB$(pkg\\-config \\-\\-cflags \\-\\-libs capstan)\\fP.", ""]
    return "\n".join([".nf"] + said)


def linktype_rows(root, library):
    with open(os.path.join(root, "lib", "names", "linktypes.c"), encoding="utf-8") as source:
        text = source.read()
    with open(os.path.join(root, "include", "pcap", "dlt.h"), encoding="utf-8") as header:
        dlt = header.read()
    with open(os.path.join(root, "tools", "decode.c"), encoding="utf-8") as source:
        decoded = set(re.findall(r"\{ DLT_(\w+), decode_", source.read()))

    lib = ctypes.CDLL(library)
    lib.pcap_open_dead.restype = ctypes.c_void_p

    def compiles(value, expression):
        program = ctypes.create_string_buffer(16)
        handle = ctypes.c_void_p(lib.pcap_open_dead(value, 65535))
        status = lib.pcap_compile(handle, program, expression, 1, 0)
        lib.pcap_freecode(program)
        lib.pcap_close(handle)
        return status == 0

    for kind, arguments in re.findall(r"^\t(SAME|MAPPED|BIG)\((.*)\),$", text, flags=re.M):
        name, rest = arguments.split(", ", 1)
        said = re.search(r'"(.*)"', rest).group(1)
        value = re.search(rf"^#define DLT_{name} (\w+)", dlt, flags=re.M).group(1)
        if not value.isdigit():
            value = re.search(rf"^#define {value} (\d+)", dlt, flags=re.M).group(1)
        stored = rest.split(",")[0] if kind == "MAPPED" else value
        stored = "\\-" if stored == "NOT_STORED" else stored
        if compiles(int(value), b"ether host 2:0:0:0:0:1"):
            filters = "link"
        else:
            filters = "net" if compiles(int(value), b"ip") or compiles(int(value), b"ip6") else "raw"
        yield name, value, stored, filters, "yes" if name in decoded else "\\-", said


def linktype_table(root, library):
    rows = sorted(linktype_rows(root, library), key=lambda row: int(row[1]))
    return "\n".join([".TS", "lBx rB rB lB lB", "lx r r l l.", "link type\tDLT\tfile\tfilter\tread"]
                     + [f"T{{\n\\fB{name}\\fP: {said}\nT}}\t" + "\t".join(rest) for name, *rest, said in rows]
                     + [".TE", ""])


def derived(root, library):
    """(page, what it is, what it should be)"""
    known = prototypes(root)
    for name, page in pages(root):
        due = page
        if name.endswith(".3") and any(n in known for n in names_of(page)):
            before, rest = page.split(".SH SYNOPSIS\n")
            due = before + ".SH SYNOPSIS\n" + synopsis(page, known) + ".SH " + rest.split(".SH ", 1)[1]
        if name == "capstan-linktype.7":
            before, rest = page.split(".TS\n", 1)
            due = before + linktype_table(root, library) + rest.split(".TE\n", 1)[1]
        yield name, page, due


if __name__ == "__main__":
    for page_name, is_now, should_be in derived(*sys.argv[1:3]):
        if is_now != should_be:
            print(f"man/{page_name}: {'written' if '--write' in sys.argv else 'not up to date'}")
            if "--write" in sys.argv:
                with open(os.path.join(sys.argv[1], "man", page_name), "w", encoding="utf-8") as out:
                    out.write(should_be)
