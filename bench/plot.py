#!/usr/bin/env python3
"""plot.py - the rows of a JSON file as an SVG: a bar a metric, on a logarithmic axis, from 1 to its ratio."""
import argparse
import math
import sys
from xml.sax.saxutils import escape

from results import Mismatch, load
from table import number

WIDTH, LABELS, RIGHT, TOP, LINE, HEADING = 1000, 430, 60, 70, 16, 24  # pixels
FIGURES = 6  # pixels between a bar and its number
STYLE = """
	text { font: 11px system-ui, sans-serif; fill: #1f2328 }
	.title { font-size: 15px; font-weight: 600 }
	.section { font-weight: 600 }
	.tick, .key { fill: #59636e }
	.ground { fill: #ffffff }
	.grid { stroke: #d1d9e0 }
	.one { stroke: #1f2328; stroke-width: 1.5 }
	.better { fill: #2da44e }
	.worse { fill: #cf222e }
	.spread { stroke: #59636e; stroke-width: 1.5 }
	.floor { stroke: #8250df; stroke-width: 2.5 }
	@media (prefers-color-scheme: dark) {
		text { fill: #f0f6fc }
		.tick, .key { fill: #9198a1 }
		.ground { fill: #0d1117 }
		.grid { stroke: #3d444d }
		.one { stroke: #f0f6fc }
		.better { fill: #3fb950 }
		.worse { fill: #f85149 }
		.spread { stroke: #9198a1 }
		.floor { stroke: #ab7df8 }
	}
"""


def ratio_of_floor(row):
    """What the ratio would be at the floor. Whatever has a floor is the better the less it is."""
    return row.theirs / row.floor if row.floor and row.theirs else None


def label(row):
    return row.metric if row.peer == "libpcap" else f"{row.metric} ({row.peer})"


def drawn(results):
    """(section's name, its rows) of what has a ratio, without details."""
    for name, section in results.sections.items():
        rows = [row for row in section.rows if row.ratio and not row.is_detail]
        if rows:
            yield name, rows


class Axis:
    """Where a ratio is, from left to right. The spreads of some are wide: they may reach out of it, ratios may not."""

    def __init__(self, rows):
        shown = [1.0] + [ratio for row in rows for ratio in (row.ratio, ratio_of_floor(row)) if ratio]
        self.low = min(min(shown) / 1.3, 0.5)
        self.high = max(max(shown) * 1.3, 2.0)

    def __call__(self, ratio):
        part = math.log(max(self.low, min(self.high, ratio)) / self.low) / math.log(self.high / self.low)
        return LABELS + part * (WIDTH - LABELS - RIGHT)

    def ticks(self):
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        steps = (1, 2, 5) if self.high / self.low < 200 else (1,)
        return [step * 10.0 ** decade for decade in decades for step in steps if self.low <= step * 10.0 ** decade <= self.high]


def line(kind, x1, y1, x2, y2):
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def words(kind, x, y, said, anchor="start"):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'


def key(y):
    """What bars, lines and marks mean."""
    return [f'<rect class="better" x="{LABELS}" y="{y - 8}" width="12" height="8"/>',
            words("key", LABELS + 16, y, "Capstan is better"),
            f'<rect class="worse" x="{LABELS + 120}" y="{y - 8}" width="12" height="8"/>',
            words("key", LABELS + 136, y, "the peer is"),
            line("spread", LABELS + 205, y - 4, LABELS + 229, y - 4), words("key", LABELS + 233, y, "spread of the rounds"),
            line("floor", LABELS + 380, y - 9, LABELS + 380, y + 1), words("key", LABELS + 386, y, "where the floor is")]


def bar(axis, row, y):
    one, end = axis(1), axis(row.ratio)
    middle = y + LINE / 2
    floor = ratio_of_floor(row)
    parts = [words("label", LABELS - 8, y + 12, label(row), "end"),
             f'<rect class="{"better" if row.ratio >= 1 else "worse"}" x="{min(one, end):.1f}" y="{y + 3}"'
             f' width="{abs(end - one):.1f}" height="{LINE - 6}"/>',
             line("spread", axis(row.low), middle, axis(row.high), middle)]
    if floor:
        parts.append(line("floor", axis(floor), y + 1, axis(floor), y + LINE - 1))
    return parts + [words("label", WIDTH - FIGURES, y + 12, number(row.ratio), "end")]


def svg(results):
    sections = list(drawn(results))
    axis = Axis([row for _, rows in sections for row in rows])
    height = TOP + sum(HEADING + LINE * len(rows) for _, rows in sections) + 16
    ticks = [part for tick in axis.ticks()
             for part in (line("one" if tick == 1 else "grid", axis(tick), TOP - 6, axis(tick), height - 12),
                          words("tick", axis(tick), TOP - 10, f"{tick:g}", "middle"))]
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
             f"<style>{STYLE}</style>", f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
             words("title", 12, 24, "Capstan beside its peers: how many times as good"), *key(44), *ticks]
    y = TOP
    for name, rows in sections:
        parts.append(words("section", 12, y + 16, name))
        y += HEADING
        for row in rows:
            parts += bar(axis, row, y)
            y += LINE
    return "\n".join([*parts, "</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("json", help="what run.py wrote")
    parser.add_argument("svg", help="where the picture goes")
    options = parser.parse_args()
    try:
        picture = svg(load(options.json))
        with open(options.svg, "w", encoding="utf-8") as file:
            file.write(picture)
    except (Mismatch, OSError) as error:
        sys.exit(f"plot.py: {error}")


if __name__ == "__main__":
    main()
