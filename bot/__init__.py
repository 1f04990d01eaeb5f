"""opsbot: a deterministic first responder for Kubernetes alerts."""

__version__ = "0.1.0"
