"""Settings, urls, checks, logging, health: what holds the house together."""

__version__ = "0.1.0"
