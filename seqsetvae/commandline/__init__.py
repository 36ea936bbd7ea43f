"""What all programs share: options, help, errors and exit codes."""
