"""Delivery: words from templates, layouts for every medium, and an outbox that posts exactly once."""
