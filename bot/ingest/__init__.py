"""Ingest: bytes become our types without I/O, callers are authenticated, and one durable job is kept per webhook."""
