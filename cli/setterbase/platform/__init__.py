"""The embedded platform: a real Supabase in small, from package registries alone."""
