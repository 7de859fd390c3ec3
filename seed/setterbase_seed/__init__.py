"""Sample data that could be a real business, at any size; knows nothing of the CLI."""
