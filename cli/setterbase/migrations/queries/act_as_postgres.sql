-- Whoever is logged in, and whatever role a migration left behind.
reset session authorization;
set role postgres;
