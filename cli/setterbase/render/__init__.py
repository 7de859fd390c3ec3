"""Turn results into tables, bars and badges; pure functions from data to text."""
