"""The finders: each kind searches tiles, or combines catalogues of other finders.

Owns `kinds`, the table of finder kinds: a new kind is a row there, a schema, a rules file and a script.
"""
