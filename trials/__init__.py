"""Trials: the promises that only a whole running bot can keep, tried hard. Each prints its figures and exits 1 when broken."""
