select private.ingest_lines(%(lines)s::text[]) as answer;
