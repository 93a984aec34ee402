import unittest

from tempo import UNITS


class UnitsTest(unittest.TestCase):
    def test_each_unit_divides_the_next(self):
        sizes = list(UNITS.values())
        for small, large in zip(sizes, sizes[1:]):
            self.assertEqual(large % small, 0)
