#!/usr/bin/env python3
"""table.py - the rows as one table: for a terminal as they come, or, of a JSON file, all of them, also as Markdown."""
import argparse
import sys

from results import Mismatch, load

HEADINGS = ("metric", "peer", "peer's", "Capstan's", "unit", "ratio", "spread", "floor", "notes")
WIDTHS = (54, 22, 9, 9, 18, 6, 15, 7, 0)
IS_NUMBER = (False, False, True, True, False, True, True, True, False)
MARKS = ("<!-- make bench: begin -->", "<!-- make bench: end -->")
EXPLAINED = ("ratio: the median of the rounds' ratios, above 1 where Capstan is better; spread: the least and the greatest of them;"
             " floor: the same without a library")


def number(value):
    """Three digits of it."""
    if value is None:
        return ""
    size = abs(value)
    places = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 or size == 0 else 4
    return f"{value:.{places}f}"


def cells(row):
    spread = f"{number(row.low)} to {number(row.high)}" if row.low is not None else ""
    return (row.metric, row.peer, number(row.theirs), number(row.ours), row.unit, number(row.ratio), spread,
            number(row.floor), row.notes)


def text_line(words):
    padded = (word.rjust(width) if is_number else word.ljust(width) for word, width, is_number in zip(words, WIDTHS, IS_NUMBER))
    return "  ".join(padded).rstrip()


def markdown_line(words):
    return "| " + " | ".join(word.replace("|", "\\|") for word in words) + " |"


def markdown_heading():
    return [markdown_line(HEADINGS), "|" + "|".join("---:" if is_number else "---" for is_number in IS_NUMBER) + "|"]


def markdown_section(name):
    return markdown_line((f"**{name}**", *[""] * (len(HEADINGS) - 1)))


def shown(rows, with_details):
    return [row for row in rows if with_details or not row.is_detail]


def machine_line(machine):
    return (f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB; {machine['system']}"
            f" {machine['architecture']}")


def versions_line(section):
    peers = "; ".join(version for name, version in section.versions.items() if name != "capstan")
    commit = f" ({section.commit})" if section.commit else ""
    return f"{section.versions['capstan']}{commit}; {peers}"


def preface(results):
    """Sentences: the machine; then each set of versions that sections were measured with; and what is not whole."""
    lines = [machine_line(results.machine)]
    lines += dict.fromkeys(versions_line(section) for section in results.sections.values())
    if any(section.plan != "whole" for section in results.sections.values()):
        lines.append("a quick look, with few rounds and few packets: not to be quoted")
    lines += [f"{name}: {section.status}" for name, section in results.sections.items() if section.status != "measured"]
    return lines


def text(results, with_details=False):
    lines = [*preface(results), EXPLAINED, "", text_line(HEADINGS)]
    for name, section in results.sections.items():
        lines += ["", f"{name} ({section.seconds:.0f} s)", *(text_line(cells(row)) for row in shown(section.rows, with_details))]
    return "\n".join(lines) + "\n"


def markdown(results, with_details=False):
    lines = [line + "." for line in [*preface(results), EXPLAINED]]
    lines = [line for sentence in lines for line in (sentence, "")] + markdown_heading()
    for name, section in results.sections.items():
        lines += [markdown_section(name), *(markdown_line(cells(row)) for row in shown(section.rows, with_details))]
    return "\n".join(lines) + "\n"


def replace_between_marks(document, block):
    before, begin, rest = document.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not begin or not end:
        raise Mismatch(f"no {MARKS[0]} with a {MARKS[1]} behind it")
    return f"{before}{begin}\n{block}{end}{after}"


def put_into(path, results, picture, with_details):
    with open(path, encoding="utf-8") as file:
        document = file.read()
    block = (f"![Ratios, on a logarithmic axis]({picture})\n\n" if picture else "") + markdown(results, with_details)
    with open(path, "w", encoding="utf-8") as file:
        file.write(replace_between_marks(document, block))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("json", help="what run.py wrote")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--details", action="store_true", help="show the rows, too, that others sum up")
    parser.add_argument("--into", metavar="FILE", help="put the Markdown between the marks of that file")
    parser.add_argument("--picture", metavar="PATH", help="with --into: what to show above the table")
    options = parser.parse_args()
    try:
        results = load(options.json)
        if options.into:
            put_into(options.into, results, options.picture, options.details)
        else:
            sys.stdout.write((markdown if options.markdown else text)(results, options.details))
    except (Mismatch, OSError) as error:
        sys.exit(f"table.py: {error}")


if __name__ == "__main__":
    main()
