"""ConvoSource, a convolutional network that maps the probability of sources (Lukic et al. 2019).

Owns its training, its search, its recipes, and the record that says for which images a network may be used.
"""
