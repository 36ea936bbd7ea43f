"""Lightning loggers and callbacks: the edges where training meets files and clocks."""
