#!/usr/bin/env python3
"""A row says what the rounds have shown."""
import unittest

import made_up
import rows


class RowTest(unittest.TestCase):
    def test_medians_and_the_pairs_ratios(self):
        row = made_up.faster()
        self.assertEqual((row.theirs, row.ours, row.floor, row.rounds), (44.0, 11.0, 6.0, 3))
        self.assertEqual((row.ratio, row.low, row.high), (4.0, 4.0, 5.0))

    def test_the_median_of_ratios_is_not_the_ratio_of_medians(self):
        row = rows.paired("x", "ns", "libpcap", [10.0, 20.0, 60.0], [10.0, 30.0, 20.0])
        self.assertEqual((row.theirs, row.ours, row.ratio), (20.0, 20.0, 1.0))
        self.assertEqual((row.low, row.high), (20 / 30, 3.0))

    def test_a_ratio_above_one_is_better_whichever_way_the_unit_counts(self):
        row = made_up.slower()
        self.assertEqual((row.ratio, row.low, row.high), (0.375, 0.25, 0.5))

    def test_rounds_without_a_ratio_are_told(self):
        row = rows.paired("x", "ns", "libpcap", [10.0, -1.0, 30.0], [0.0, 5.0, 10.0], notes="hm")
        self.assertEqual((row.ratio, row.rounds, row.notes), (3.0, 3, "hm; no ratio in 2 of 3 rounds"))

    def test_no_ratio_at_all(self):
        row = rows.paired("x", "ns", "libpcap", [0.0], [5.0])
        self.assertEqual((row.ratio, row.low, row.high, row.notes), (None, None, None, "no ratio in 1 of 1 rounds"))

    def test_nobody_to_compare_with(self):
        row = made_up.lonely()
        self.assertEqual((row.peer, row.theirs, row.ratio, row.ours), ("", None, None, -0.123456))

    def test_geometric_mean_is_of_each_round(self):
        means = rows.geometric([[1.0, 4.0], [4.0, 9.0]])
        self.assertAlmostEqual(means[0], 2.0)
        self.assertAlmostEqual(means[1], 6.0)

    def test_a_spread_says_all_three(self):
        self.assertEqual(str(rows.spread([4.0, 6.0, 2.0], [2.0, 2.0, 2.0])), "2.00 (1.00 to 3.00)")


if __name__ == "__main__":
    unittest.main()
