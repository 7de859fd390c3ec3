"""Migrations: files, their statements, the history they leave in a database."""
