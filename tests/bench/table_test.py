#!/usr/bin/env python3
"""The table says what the rows say, on a terminal and in a document."""
import os
import subprocess
import sys
import tempfile
import unittest

import made_up
import results
import table

PROGRAM = table.__file__


class TableTest(unittest.TestCase):
    def test_numbers_have_three_digits(self):
        wanted = {None: "", 0.0: "0.00", 1234.5: "1234", 99.94: "99.9", 3.14159: "3.14", 0.0312: "0.0312", -2.345: "-2.35"}
        self.assertEqual({value: table.number(value) for value in wanted}, wanted)

    def test_text(self):
        lines = [line.split() for line in table.text(made_up.run()).splitlines()]
        self.assertIn('read <a> & "b" libpcap 44.0 11.0 ns a packet 4.00 4.00 to 5.00 6.00'.split(), lines)
        self.assertIn("send zstd -dc | tcpdump 3.00 1.00 Mpps 0.38 0.25 to 0.50 no luck".split(), lines)
        self.assertIn("offline (61 s)".split(), lines)

    def test_columns_stand_below_their_headings(self):
        heading, row = (table.text_line(words) for words in (table.HEADINGS, table.cells(made_up.faster())))
        self.assertEqual(heading.index("ratio") + len("ratio"), row.index("4.00") + len("4.00"))

    def test_details_are_shown_when_asked_for(self):
        self.assertNotIn("one of many", table.text(made_up.run()))
        self.assertIn("one of many", table.text(made_up.run(), with_details=True))
        self.assertNotIn("one of many", table.markdown(made_up.run()))
        self.assertIn("one of many", table.markdown(made_up.run(), with_details=True))

    def test_machine_and_versions_stand_above(self):
        head = table.text(made_up.run()).splitlines()[:2]
        self.assertEqual(head, ["Abacus, 3 cores, 1 GiB; Linux 9.9 x86_64", "Capstan 7 (abc); libpcap 8"])

    def test_versions_of_parts_measured_later_stand_above_too(self):
        run = made_up.run()
        run.sections["sync"] = made_up.section(commit="def")
        self.assertIn("Capstan 7 (def); libpcap 8", table.text(run))

    def test_what_is_not_whole_is_said(self):
        run = made_up.run()
        run.sections["sync"] = made_up.section(status="skipped: no network", plan="quick")
        for form in (table.text, table.markdown):
            self.assertIn("sync: skipped: no network", form(run))
            self.assertIn("not to be quoted", form(run))
            self.assertNotIn("not to be quoted", form(made_up.run()))

    def test_markdown_rows_have_a_cell_for_each_column(self):
        rows = [line for line in table.markdown(made_up.run()).splitlines() if line.startswith("|")]
        self.assertEqual({line.replace("\\|", "").count("|") for line in rows}, {len(table.HEADINGS) + 1})
        self.assertIn(r"| zstd -dc \| tcpdump |", "\n".join(rows))

    def test_a_document_keeps_what_is_around_the_marks(self):
        begin, end = table.MARKS
        with tempfile.TemporaryDirectory() as folder:
            stored, document = os.path.join(folder, "bench.json"), os.path.join(folder, "x.md")
            results.save(made_up.run(), stored)
            with open(document, "w", encoding="utf-8") as file:
                file.write(f"before\n{begin}\nold\n{end}\nafter\n")
            for _ in range(2):
                subprocess.run([sys.executable, PROGRAM, "--into", document, "--picture", "p.svg", stored], check=True)
            with open(document, encoding="utf-8") as file:
                text = file.read()
        self.assertEqual(text, f"before\n{begin}\n![Ratios, on a logarithmic axis](p.svg)\n\n{table.markdown(made_up.run())}"
                               f"{end}\nafter\n")

    def test_a_document_without_marks_is_left_alone(self):
        with self.assertRaises(results.Mismatch):
            table.replace_between_marks("nothing here", "x")

    def test_performance_md_has_the_marks(self):
        path = os.path.join(os.path.dirname(os.path.abspath(PROGRAM)), "..", "docs", "PERFORMANCE.md")
        with open(path, encoding="utf-8") as file:
            self.assertIn("new table", table.replace_between_marks(file.read(), "new table"))


if __name__ == "__main__":
    unittest.main()
