"""Machine learning without astronomy: Keras backend, training, network files, logistic regression.

Owns orientations, calibration curves, and how an interrupted training resumes.
"""
