"""The calls that came in lately, for people who want to see what a client does."""
