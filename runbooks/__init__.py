"""Runbooks: one problem, one file. The catalogue is `runbooks.catalog.CATALOG`."""
