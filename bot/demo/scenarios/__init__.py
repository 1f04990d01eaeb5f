"""The scenarios of the demo, one file each. A scenario says what the cluster shows and what Alertmanager sends, no verdict."""
