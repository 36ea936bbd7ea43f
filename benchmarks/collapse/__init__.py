"""Short trainings of known fate, and the streams they left."""
