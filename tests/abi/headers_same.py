#!/usr/bin/env python3
"""Everything that Debian's libpcap headers give a program is in ours with the same meaning: macros and their values,
types and their layouts, enumerators, prototypes, deprecations. Asked of the compiler, not of the text. Ours may have
more. What differs on purpose stands in the tables below."""
import os
import re
import shutil
import sys
import tempfile

import common

# compiler-tests.h only serves the other headers; its macros are compared where funcattrs.h brings them.
NOT_OURS = {"pcap/compiler-tests.h"}
# Guard of that header.
MACROS_LEFT_OUT = {"lib_pcap_compiler_tests_h"}
# Npcap's three fields follow libpcap's.
LONGER_STRUCTS = {"struct pcap_stat": ["ps_capt", "ps_sent", "ps_netdrop"]}

SAMPLES = ["0", "1", "5", "0x84", "0x1ff", "0x04000000", "0x02240018", "0x7fffffff", "0xf4c3a2b1U"]


class Side:
    """One set of headers, and what gcc makes of it."""

    def __init__(self, include_dir, names):
        self.include_dir, self.names = include_dir, names
        self.text = common.include_lines(common.SYSTEM_HEADERS + names)

    def gcc(self, flags, text):
        return common.must(["gcc", "-x", "c", "-std=gnu11", "-Wno-deprecated-declarations", "-I", self.include_dir,
                            *flags, "-"], text)

    def run_program(self, body):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "program")
            self.gcc(["-o", program], f"{self.text}{TYPE_NAME}int main(void)\n{{\n{body}return 0;\n}}\n")
            return common.must([program]).splitlines()

    def macros(self, name):
        """Macros that including `name` defines: name -> parameters, or None if it is object-like."""
        here, found = False, {}
        for line in self.gcc(["-E", "-dD"], common.include_lines([name])).splitlines():
            marker = re.match(r'# \d+ "(.*?)"', line)
            macro = re.match(r"#define (\w+)(\(.*?\))?", line)
            if marker:
                here = marker.group(1).startswith(self.include_dir + "/")
            elif macro and here:
                found[macro.group(1)] = macro.group(2)
        return found

    def expansions(self, macros):
        """What each macro stands for, as text."""
        marked = "".join(f"@begin@ {name}{params or ''} @end@\n" for name, params in macros.items())
        found = re.findall(r"@begin@\s*(.*?)\s*@end@", self.gcc(["-E", "-P"], self.text + marked), re.S)
        return dict(zip(macros, (re.sub(r"\s+", " ", text) for text in found)))

    def types(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "types.o")
            self.gcc(["-g", "-gdwarf-4", "-fno-eliminate-unused-debug-types", "-c", "-o", path], self.text)
            return read_types(common.must(["readelf", "--debug-dump=info", path]))

    def deprecated(self, functions):
        uses = "".join(f"(void)&{name};\n" for name in functions)
        done = common.run(["gcc", "-x", "c", "-std=gnu11", "-fsyntax-only", "-I", self.include_dir, "-"],
                          f"{self.text}void f(void);\nvoid f(void)\n{{\n{uses}}}\n")
        if done.returncode != 0:
            sys.exit(done.stderr)
        return set(re.findall(r"\W(\w+)\W+ is deprecated", done.stderr))


TYPE_NAME = """#define TYPE_NAME(x) _Generic((x), int: "int", unsigned: "unsigned", long: "long", \\
	unsigned long: "unsigned long", default: "other")
"""


def read_types(dump):
    """Types of a DWARF dump by name: layouts of structs and unions, what typedefs stand for; and all enumerators."""
    dies, stack = {}, []
    for line in dump.splitlines():
        head = re.match(r" <(\w+)><(\w+)>: Abbrev Number: \d+ \(DW_TAG_(\w+)\)", line)
        attribute = re.match(r"\s+<\w+>\s+DW_AT_(\w+)\s*: (.*)", line)
        if head:
            level, offset = int(head.group(1), 16), head.group(2)
            dies[offset] = die = {"tag": head.group(3), "children": []}
            del stack[level:]
            if stack:
                stack[-1]["children"].append(die)
            stack.append(die)
        elif attribute and stack:
            value = attribute.group(2).strip()
            value = re.sub(r"^\(indirect.*?\): ", "", value)
            stack[-1][attribute.group(1)] = re.sub(r"^<0x(\w+)>$", r"\1", value)

    def spell(offset):
        """A type in words. Named ones by their name: each is compared by itself."""
        if offset is None:
            return "void"
        die = dies[offset]
        tag, name, inner = die["tag"], die.get("name"), die.get("type")
        if tag in ("base_type", "typedef"):
            return name
        if tag in ("structure_type", "union_type", "enumeration_type"):
            kind = tag.replace("_type", "").replace("structure", "struct")
            return f"{kind} {name}" if name else kind + " " + str(layout(die))
        if tag == "pointer_type":
            return spell(inner) + " *"
        if tag in ("const_type", "volatile_type"):
            return tag.split("_")[0] + " " + spell(inner)
        if tag == "array_type":
            return spell(inner) + "".join(f"[{c.get('upper_bound', '')}]" for c in die["children"])
        if tag == "subroutine_type":
            return f"{spell(inner)} ({', '.join(spell(c.get('type')) for c in die['children'])})"
        return f"{tag} {name}"

    def layout(die):
        """Size, and offset, name and type of each member."""
        return [("size", die.get("byte_size"))] + [
            (c.get("data_member_location", "0"), c.get("name"), spell(c.get("type")))
            for c in die["children"] if c["tag"] == "member"]

    types, enumerators = {}, {}
    for die in dies.values():
        name = die.get("name")
        if die["tag"] == "typedef":
            types[name] = spell(die.get("type"))
        elif die["tag"] in ("structure_type", "union_type") and name and "byte_size" in die:
            kind = "struct" if die["tag"] == "structure_type" else "union"
            types[f"{kind} {name}"] = layout(die)
        elif die["tag"] == "enumerator":
            enumerators[name] = die["const_value"]
    return types, enumerators


def compare(what, theirs, ours):
    """Differences for every key of theirs."""
    return [f"{what} {key}: libpcap {value!r}, here {ours.get(key, 'nothing')!r}"
            for key, value in theirs.items() if ours.get(key) != value]


def value_program(macros, expansions):
    """Print name, type and value of each object-like macro that is an expression."""
    body = ""
    for name in macros:
        if expansions[name].startswith('"'):
            body += f'printf("{name} %s\\n", {name});\n'
        elif re.match(r"[-(0-9']|sizeof", expansions[name]):
            body += f'printf("{name} %s %lld\\n", TYPE_NAME({name}), (long long)({name}));\n'
    return body


def function_program(macros, expansions):
    """Print what each macro with one parameter makes of the samples, and the two that initialise instructions."""
    body = ""
    for name, params in macros.items():
        if name in ("BPF_STMT", "BPF_JUMP"):
            arguments = "0x15, 0x800" + (", 3, 4" if name == "BPF_JUMP" else "")
            body += f"{{ struct bpf_insn i = {name}({arguments});\n" \
                    f'printf("{name} %d %d %d %u\\n", i.code, i.jt, i.jf, i.k); }}\n'
        elif params.count(",") == 0 and re.match(r"[(0-9]", expansions[name]):
            body += "".join(f'printf("{name}({s}) %s %lld\\n", TYPE_NAME({name}({s})), (long long)({name}({s})));\n'
                            for s in SAMPLES)
    return body


def compare_macros(theirs, ours):
    failures, counted = [], 0
    seen = {}
    for name in theirs.names:
        wanted = {k: v for k, v in theirs.macros(name).items() if k not in MACROS_LEFT_OUT}
        here = ours.macros(name)
        failures += [f"<{name}> does not define {macro}" for macro in wanted if macro not in here]
        failures += [f"<{name}>: {macro} takes {here[macro]} instead of {params}" for macro, params in wanted.items()
                     if macro in here and (params or "").count(",") != (here[macro] or "").count(",")]
        seen.update(wanted)
    if failures:
        return failures, 0
    objects = {k: v for k, v in seen.items() if v is None}
    functions = {k: v for k, v in seen.items() if v is not None}
    mine, its = ours.expansions(objects), theirs.expansions(objects)
    # What is no expression: nothing, type names, attributes. __attribute and __attribute__ are one word to gcc.
    words = {k: v.replace("__attribute__", "__attribute") for k, v in its.items()
             if not re.match(r"[-(0-9'\"]|sizeof", v)}
    failures += compare("macro", words, {k: v.replace("__attribute__", "__attribute") for k, v in mine.items()})
    for make, macros in ((value_program, objects), (function_program, functions)):
        program = make(macros, theirs.expansions(macros))
        results = theirs.run_program(program)
        counted += len(results)
        failures += [f"libpcap {a}, here {b}" for a, b in zip(results, ours.run_program(program)) if a != b]
    return failures, counted + len(words)


def compare_types(theirs, ours):
    their_types, their_enumerators = theirs.types()
    our_types, our_enumerators = ours.types()
    failures = []
    for name, extra in LONGER_STRUCTS.items():
        known = len(their_types[name])
        if [member[1] for member in our_types[name][known:]] != extra:
            failures.append(f"{name}: after libpcap's members come {our_types[name][known:]}, not {extra}")
        their_types[name][0] = our_types[name][0] = ("size", "differs on purpose")
        del our_types[name][known:]
    failures += compare("type", their_types, our_types)
    failures += compare("enumerator", their_enumerators, our_enumerators)
    return failures, len(their_types), len(their_enumerators)


def cxx_linkage(include_dir, names, functions):
    """A C++ program asks for the same bare symbols."""
    if not shutil.which("g++"):
        return []
    uses = "".join(f"(void (*)()){name},\n" for name in functions)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "uses.o")
        common.must(["g++", "-x", "c++", "-std=c++17", "-Wno-deprecated-declarations", "-I", include_dir,
                     "-c", "-o", path, "-"], f"{common.include_lines(names)}void (*uses[])() = {{\n{uses}}};\n")
        wanted = set(line.split()[-1] for line in common.must(["nm", "-u", path]).splitlines())
    return [f"{name} has no C linkage in C++" for name in functions if name not in wanted]


def main(include_dir, system_dir="/usr/include"):
    if not shutil.which("gcc"):
        common.skip("needs gcc, which can list prototypes")
    if not os.path.exists(f"{system_dir}/pcap/pcap.h"):
        common.skip("libpcap's own headers are not installed (libpcap-dev)")
    with tempfile.TemporaryDirectory() as folder:
        # Debian's headers by themselves, so that neither ours nor others in /usr/local/include get in between.
        for name in ("pcap.h", "pcap-bpf.h", "pcap-namedb.h", "pcap"):
            os.symlink(f"{system_dir}/{name}", f"{folder}/{name}")
        names = [name for name in common.headers(folder) if name not in NOT_OURS]
        theirs, ours = Side(folder, names), Side(os.path.abspath(include_dir), names)
        failures = [f"<{name}> is missing" for name in names if name not in common.headers(include_dir)]
        if failures:
            common.verdict(failures, "")
        more, macros = compare_macros(theirs, ours)
        failures += more
        more, types, enumerators = compare_types(theirs, ours)
        failures += more
        their_functions = common.prototypes(folder, names)
        our_functions = common.prototypes(include_dir, names)
        failures += compare("prototype", their_functions, our_functions)
        failures += [f"deprecated in only one: {name}"
                     for name in theirs.deprecated(their_functions) ^ ours.deprecated(our_functions)]
        failures += cxx_linkage(include_dir, names, our_functions)
    common.verdict(failures, f"{macros} macro values, {types} types, {enumerators} enumerators, "
                             f"{len(their_functions)} prototypes are libpcap's")


main(*sys.argv[1:])
