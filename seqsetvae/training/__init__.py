"""Training with Lightning: the run, its settings, its checkpoints and its callbacks."""
