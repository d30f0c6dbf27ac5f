"""The convolutional network that maps where sources are (Lukic et al. 2019): its training and its search.

Owns its recipes, and the record beside a network that says where it may be used.
"""
