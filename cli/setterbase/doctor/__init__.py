"""The doctor: looks at a target and says what is wrong with it, and how to mend it.

A check is a small function of what can be seen; one that rests on SQL has a file in `queries/` that
answers a row for each thing that is wrong, in words. Nothing is changed and no secret is told.
"""
