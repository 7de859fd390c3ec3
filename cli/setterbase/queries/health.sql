select public.health() as answer
