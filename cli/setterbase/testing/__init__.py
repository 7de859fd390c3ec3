"""For the tests of any Supabase project: `from setterbase.testing import assert_isolated`."""

from __future__ import annotations

from setterbase.testing.isolation import NotIsolatedError, assert_isolated

__all__ = ["NotIsolatedError", "assert_isolated"]

# By the name under which it is imported, also in the text of a failure.
NotIsolatedError.__module__ = __name__
