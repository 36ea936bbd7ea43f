"""The collapse detector: takes the numbers of a run's checks, returns verdicts. No clock, no files, no torch."""
