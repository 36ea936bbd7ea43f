"""Screens on top of the panes: help, menus, thresholds."""
