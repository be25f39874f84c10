#!/usr/bin/env python3
"""What measuring rests on, without measuring: turns, refusals, what is made to be measured."""
import os
import tempfile
import unittest

import made_up  # noqa: F401, shows the way to the benchmark's modules
import lab
import plan
import savefiles
from sections import SECTIONS, compiling, devices


def interfaces_of(commands):
    """How many interfaces ip's commands make."""
    return sum(1 + (" peer name " in command) for command in commands if command.startswith("link add"))


class LabTest(unittest.TestCase):
    def test_ways_take_turns_in_changing_order(self):
        order = lab.alternating_commands({"a": 1, "b": 2, "c": 3}, 3)
        self.assertEqual("".join(order), "abc" "cba" "abc")

    def test_each_round_is_in_its_place(self):
        counter = iter(range(4))
        results = lab.alternating(["a", "b"], lambda way: next(counter), 2)
        self.assertEqual(results, {"a": [0, 3], "b": [1, 2]})

    def test_a_refusal_is_no_failure(self):
        with self.assertRaisesRegex(lab.Skipped, "not here"):
            lab.run(["sh", "-c", "echo not here >&2; exit 77"])
        with self.assertRaisesRegex(RuntimeError, "exit 3"):
            lab.run(["sh", "-c", "exit 3"])

    def test_what_is_printed_is_numbers(self):
        self.assertEqual(lab.run(["echo", "1", "2.5"]), [1.0, 2.5])

    def test_as_many_interfaces_as_asked_for(self):
        for count in (3, 4, 5, 6, 7, 100, 101, 400):
            self.assertEqual(devices.FIRST_INTERFACES + interfaces_of(devices.link_commands(count)), count)

    def test_both_kinds_of_savefile_hold_whole_records(self):
        frames = [bytes(60), bytes(61)]
        with tempfile.TemporaryDirectory() as folder:
            for kind, size in (("pcap", 24 + 5 * (2 * 16 + 60 + 61)), ("pcapng", 28 + 20 + 5 * (2 * 32 + 60 + 64))):
                path = os.path.join(folder, kind)
                savefiles.write_savefile(path, 10, frames, kind)
                self.assertEqual(os.path.getsize(path), size)

    def test_lists_that_libpcap_was_not_asked_for_have_no_peer(self):
        rows = list(compiling.lists([["hosts", "10", "2.0,4.0", "1.0,1.0", "9", "8", "1024", "7"],
                                     ["hosts", "100", "", "3.0,3.0", "0", "8", "2048", "7"]]))
        self.assertEqual([(row.theirs, row.ours, row.ratio) for row in rows], [(3.0, 1.0, 3.0), (None, 3.0, None)])
        self.assertIn("1.0 MiB", rows[0].notes)
        self.assertIn("3.0 times that of 10", rows[1].notes)

    def test_a_quick_look_leaves_no_section_empty(self):
        self.assertTrue(all(vars(plan.QUICK).values()))
        self.assertLess(plan.QUICK.rounds, plan.WHOLE.rounds)
        self.assertGreaterEqual(plan.WHOLE.rounds, 5)
        self.assertEqual(list(SECTIONS)[0], "compile")


if __name__ == "__main__":
    unittest.main()
