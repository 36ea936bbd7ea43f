"""Statistics of the posterior in plain torch, without Lightning; and, without torch, the history of a run's checks."""
