"""The demo: three coaches and a month of their conversations, on a database of its own."""
