"""Many mosaics as one survey: who owns a source, duplicates, flags, names; its coverage and its files.

This room defines the rules by which the rows of many mosaics become sources with one primary row each.
"""
