"""Lines of logs whose meaning is known: one file per subject, one literal tuple each. Pure."""
