"""Short trainings of other people's kinds of VAE, judged without the detector's measures, and their streams."""
