"""Tests of the documentation of tools."""
