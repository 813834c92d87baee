"""Settings, urls, checks, logging, health: what holds the house together."""
