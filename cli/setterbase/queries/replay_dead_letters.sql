select private.replay_dead_letters(%(ids)s::bigint[]) as answer;
