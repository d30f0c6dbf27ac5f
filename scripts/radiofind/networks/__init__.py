"""What knows Keras or scores and no astronomy: backend, training, files of networks, logistic fits.

Owns orientations, calibration curves, and how a training goes on after an interruption.
"""
