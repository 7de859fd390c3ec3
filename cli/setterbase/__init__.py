"""Setterbase: migrate, provision, seed, read and prove a multi-tenant Supabase backend."""

__version__ = "0.1.0"
