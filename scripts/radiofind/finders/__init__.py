"""The kinds of finders, and how each searches a tile or a catalogue.

Owns `kinds`, the one table of finder kinds: a new kind is a row there, a schema, a rules file and a script.
"""
