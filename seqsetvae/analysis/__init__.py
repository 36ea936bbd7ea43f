"""Logs of finished and running trainings, side by side: curves, figures, verdicts, and one page with all of them."""
