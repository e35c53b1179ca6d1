"""Tests of serving: in process, and over a real socket."""
