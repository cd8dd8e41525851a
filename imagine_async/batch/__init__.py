"""Batches: thousands to millions of calls, journaled, resumable, within a rate and a budget."""
