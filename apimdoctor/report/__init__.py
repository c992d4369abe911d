"""Renders what the rules said: text, JSON and HTML from one model; no report judges."""
