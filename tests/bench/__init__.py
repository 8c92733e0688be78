"""Benchmarks. They print; they never fail a build by time.

Run `python -m bench decode encode startup` with `tests` on the path, or without names for all.
"""
