"""Events from a file or a pipe into the database, and what became of those that did not fit."""
