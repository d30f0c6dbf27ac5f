"""What knows Keras or scores and no astronomy: backend, training, saving, orientations, calibration."""
