"""devices.py - listing the devices, opening and closing one, among few interfaces and among many."""
from lab import alternating_commands, lines_of
from rows import column, paired

FIRST_INTERFACES = 3  # of a netlab: lo, left, right


def link_commands(count):
    """Commands of ip -batch that make a netlab's interfaces `count`: bridges, macvlans and pairs, every other one with an
    address."""
    for number in range(count - FIRST_INTERFACES):
        kind = number % 4  # a pair is two
        if kind == 0:
            yield f"link add b{number} type bridge"
        elif kind == 1:
            yield f"link add b{number} link left type macvlan mode bridge"
        elif kind == 2 and number + 1 < count - FIRST_INTERFACES:
            yield f"link add b{number} type veth peer name b{number + 1}"
        elif kind == 2:
            yield f"link add b{number} type bridge"
        if number % 2:
            yield f"address add 10.9.{number // 256}.{number % 256}/32 dev b{number}"


def runs_among(lab, count):
    """Rounds of each program and library, one behind the other in one network. {(program, library): lines of numbers}"""
    cycles = {"devices": lab.plan.list_cycles, "open_close": lab.plan.open_cycles}
    commands = {(program, name): f"'{lab.program(program)}' '{library}' {number}"
                for program, number in cycles.items() for name, library in lab.libraries.items()}
    order = alternating_commands(commands, lab.plan.rounds)
    batch = "\n".join(link_commands(count))
    script = f"set -e\nip -batch - <<'end'\n{batch}\nend\n" + "\n".join(commands[key] for key in order)
    results = {key: [] for key in commands}
    for key, line in zip(order, lines_of([lab.netlab, "sh", "-c", script]), strict=True):
        results[key].append([float(word) for word in line.split()])
    return results


def measure(lab):
    for count in lab.plan.interfaces:
        results = runs_among(lab, count)
        lists = {name: results["devices", name] for name in lab.libraries}
        found = {tuple(line[1:]) for lines in lists.values() for line in lines}
        if len(found) != 1 or found.pop()[0] != count:
            raise RuntimeError(f"{count} interfaces, but the libraries list others: {lists}")
        yield paired(f"list the devices, {count} interfaces", "ms", "libpcap", column(lists["libpcap"], 0),
                     column(lists["capstan"], 0), notes=f"{lists['capstan'][0][2]:.0f} addresses")
        for what, parts in (("open", [0]), ("close", [1]), ("open and close", [0, 1])):
            theirs, ours = ([sum(line[part] for part in parts) for line in results["open_close", name]] for name in lab.libraries)
            yield paired(f"{what} a live handle, {count} interfaces", "ms", "libpcap", theirs, ours, is_detail=len(parts) == 1)
