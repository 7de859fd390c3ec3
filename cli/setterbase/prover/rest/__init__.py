"""The same proof through PostgREST, on a throwaway copy where rows may be committed."""
