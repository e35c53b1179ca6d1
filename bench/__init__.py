"""Measurements that are too long for a test: each a module to run, each with a target in the Makefile."""
