"""What a run is judged by: its level, its limits, and what other thresholds would have said."""
