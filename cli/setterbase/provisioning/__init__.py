"""Coaches and their people: made, linked, disabled, exported, deleted.

Auth users are made and marked through the auth service's admin API alone; tenants and memberships
follow in the database by trigger, or are written there.
"""
