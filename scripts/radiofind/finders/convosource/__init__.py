"""The convolutional network that maps where sources are (Lukic et al. 2019): its training and its search."""
