"""Linear VAEs: the number of active units follows from the data, and can be compared with what is called active."""
