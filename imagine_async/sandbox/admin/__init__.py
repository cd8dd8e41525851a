"""What the live service has no public counterpart of: books, calls, accounts and the clock, below `/_sandbox`."""
