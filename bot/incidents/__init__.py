"""Incidents: merging what arrives, routing it, keeping it, and the durable work that carries it on."""
