"""Measurements, each beside what a user could pick instead."""
