"""One file per family of attack; each yields findings and changes nothing that stays."""
