"""Utterances of people in danger, and the linear expert that learns from them."""
