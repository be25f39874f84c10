#!/usr/bin/env python3
"""The picture shows each ratio where the axis has it."""
import os
import subprocess
import sys
import tempfile
import unittest
from xml.etree import ElementTree

import made_up
import plot
import results
import rows

SVG = "{http://www.w3.org/2000/svg}"
PAGE_STYLES = ("prefers-color-scheme: dark", ".ground")  # it brings its own background, light or dark


def parts(run, kind, css_class):
    return [part for part in ElementTree.fromstring(plot.svg(run)).iter(SVG + kind) if part.get("class") == css_class]


def bars(run):
    """(left, right, class) of each bar, without those of the key."""
    found = [(float(part.get("x")), float(part.get("x")) + float(part.get("width")), part.get("class"))
             for css_class in ("better", "worse") for part in parts(run, "rect", css_class) if float(part.get("y")) > plot.TOP]
    return sorted(found, key=lambda bar: bar[2])


class PlotTest(unittest.TestCase):
    def test_bars_go_from_one_to_the_ratio(self):
        run = made_up.run()
        axis = plot.Axis([made_up.faster(), made_up.slower()])
        (left, right, kind), (left_2, right_2, kind_2) = bars(run)
        self.assertEqual((kind, kind_2), ("better", "worse"))
        for got, ratio in ((left, 1), (right, 4), (left_2, 0.375), (right_2, 1)):
            self.assertAlmostEqual(got, axis(ratio), delta=0.2)

    def test_the_axis_is_logarithmic(self):
        axis = plot.Axis([made_up.faster()])
        self.assertAlmostEqual(axis(4) - axis(2), axis(2) - axis(1))
        self.assertGreater(axis(1), plot.LABELS)

    def test_all_of_it_is_inside(self):
        run = made_up.run()
        run.sections["write"] = made_up.section(rows.paired("wild", "ns", "libpcap", [1e6, 1e-6, 5e3], [1.0, 1.0, 1.0]))
        for x, right, _ in bars(run):
            self.assertTrue(plot.LABELS <= x <= right <= plot.WIDTH - plot.RIGHT, (x, right))
        for line in parts(run, "line", "spread"):
            self.assertTrue(plot.LABELS <= float(line.get("x1")) <= float(line.get("x2")) <= plot.WIDTH - plot.RIGHT)

    def test_the_line_of_one_and_the_floor(self):
        run = made_up.run()
        axis = plot.Axis([made_up.faster(), made_up.slower()])
        self.assertEqual([float(line.get("x1")) for line in parts(run, "line", "one")], [round(axis(1), 1)])
        floors = [line for line in parts(run, "line", "floor") if float(line.get("y1")) > plot.TOP]
        self.assertEqual([float(line.get("x1")) for line in floors], [round(axis(44 / 6), 1)])

    def test_labels_are_the_metrics_and_peers_as_they_are(self):
        labels = [part.text for part in parts(made_up.run(), "text", "label")]
        self.assertEqual(labels, ['read <a> & "b"', "4.00", "send (zstd -dc | tcpdump)", "0.38"])

    def test_readable_in_light_and_dark(self):
        for style in PAGE_STYLES:
            self.assertIn(style, plot.svg(made_up.run()))

    def test_nothing_measured_is_an_empty_picture(self):
        self.assertEqual(bars(results.Results(made_up.MACHINE)), [])

    def test_the_command(self):
        with tempfile.TemporaryDirectory() as folder:
            stored, picture = os.path.join(folder, "bench.json"), os.path.join(folder, "p.svg")
            results.save(made_up.run(), stored)
            subprocess.run([sys.executable, plot.__file__, stored, picture], check=True)
            with open(picture, encoding="utf-8") as file:
                self.assertEqual(file.read(), plot.svg(made_up.run()))


if __name__ == "__main__":
    unittest.main()
