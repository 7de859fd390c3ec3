select private.discard_dead_letters(%(ids)s) as discarded
