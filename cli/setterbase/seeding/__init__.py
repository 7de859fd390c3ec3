"""Write a simulated world into a database, or take it out again."""
