"""results.py - what a run has measured, section by section, in a JSON file that later runs can replace parts of."""
import json
import os
from dataclasses import asdict, dataclass, field

from rows import Row

FORMAT = 1


class Mismatch(Exception):
    """A file that these results cannot go into; says why."""


@dataclass(frozen=True)
class Section:
    plan: str  # how much was measured, by plan.py's names
    taken: str  # when
    commit: str
    versions: dict  # of Capstan and its peers
    seconds: float
    status: str  # "measured", or why it is not whole
    rows: list


@dataclass
class Results:
    machine: dict
    sections: dict = field(default_factory=dict)


def load(path):
    with open(path, encoding="utf-8") as file:
        stored = json.load(file)
    if stored.get("format") != FORMAT:
        raise Mismatch(f"{path}: format {stored.get('format')}, not {FORMAT}")
    return Results(stored["machine"], {name: Section(**{**section, "rows": [Row(**row) for row in section["rows"]]})
                                       for name, section in stored["sections"].items()})


def load_to_go_on(path, machine, plan):
    """The file's results, to replace sections of; new ones where there is no file."""
    if not os.path.exists(path):
        return Results(machine)
    results = load(path)
    if results.machine != machine:
        raise Mismatch(f"{path} was measured on another machine, or another kernel: name another file")
    if any(section.plan != plan for section in results.sections.values()):
        raise Mismatch(f"{path} holds another kind of run than \"{plan}\": name another file")
    return results


def save(results, path):
    """All or nothing: a run that is broken off leaves the file before or the file after."""
    stored = {"format": FORMAT, "machine": results.machine,
              "sections": {name: asdict(section) for name, section in results.sections.items()}}
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(stored, file, indent=1, ensure_ascii=False, allow_nan=False)
        file.write("\n")
    os.replace(path + ".new", path)
