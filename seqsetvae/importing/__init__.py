"""Other tools' logs converted to runs of this package."""
