"""One module per command group; a command parses, calls one library function, shows the result."""
