"""Statistics of the posterior: plain torch, no Lightning."""
