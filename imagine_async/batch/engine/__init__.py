"""What runs a batch: rows come in, are journaled, sent, stored, and handed over as they end."""
