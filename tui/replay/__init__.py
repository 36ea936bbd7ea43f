"""The past of a run, as it was shown then: where its moments are, how they are built, how they are played."""
