"""What a workload talks to behind its own API: a Prometheus, an ArgoCD, a database. Pure."""
