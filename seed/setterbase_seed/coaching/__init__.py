"""The coaching domain: leads who arrive, are written to, call, buy or do not."""
