"""What every program said of the same logs when the golden files were made; see `tests.golden.make_golden`."""
