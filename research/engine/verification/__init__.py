"""Checks that make a claim believable; each gives a score with reasons in words."""
