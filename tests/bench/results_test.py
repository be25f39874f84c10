#!/usr/bin/env python3
"""The JSON file holds all that was measured, and parts of it can be measured anew."""
import json
import os
import tempfile
import unittest

import made_up
import results


class ResultsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "not", "there", "bench.json")

    def test_what_is_saved_is_what_is_loaded(self):
        results.save(made_up.run(), self.path)
        self.assertEqual(results.load(self.path), made_up.run())
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["bench.json"])

    def test_others_can_read_it(self):
        results.save(made_up.run(), self.path)
        with open(self.path, encoding="utf-8") as file:
            stored = json.load(file)
        self.assertEqual(stored["machine"]["processor"], "Abacus")
        self.assertEqual(stored["sections"]["transmit"]["rows"][0]["ratio"], 0.375)

    def test_a_new_file_is_begun(self):
        self.assertEqual(results.load_to_go_on(self.path, made_up.MACHINE, "whole"), results.Results(made_up.MACHINE))

    def test_a_section_is_replaced_and_the_others_stay(self):
        results.save(made_up.run(), self.path)
        whole = results.load_to_go_on(self.path, made_up.MACHINE, "whole")
        whole.sections["transmit"] = made_up.section(status="broken off")
        results.save(whole, self.path)
        again = results.load(self.path)
        self.assertEqual(again.sections["transmit"].status, "broken off")
        self.assertEqual(again.sections["offline"], made_up.run().sections["offline"])

    def test_machines_are_not_mixed(self):
        results.save(made_up.run(), self.path)
        with self.assertRaisesRegex(results.Mismatch, "another machine"):
            results.load_to_go_on(self.path, {**made_up.MACHINE, "cores": 4}, "whole")

    def test_a_quick_look_does_not_go_into_the_whole(self):
        results.save(made_up.run(), self.path)
        with self.assertRaisesRegex(results.Mismatch, "quick"):
            results.load_to_go_on(self.path, made_up.MACHINE, "quick")

    def test_another_format_is_refused(self):
        os.makedirs(os.path.dirname(self.path))
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump({"format": 99}, file)
        with self.assertRaisesRegex(results.Mismatch, "format 99"):
            results.load(self.path)


if __name__ == "__main__":
    unittest.main()
