"""Benchmarks: one command each, figures as ratios within one run, because machines are shared and noisy."""
