"""Why a Prometheus runs out of memory: the pure parts of the runbook prometheus_oomkilled. Nothing here looks."""
