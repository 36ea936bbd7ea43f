"""Pictures of curves and verdicts, shared by training, reports and inspection."""
