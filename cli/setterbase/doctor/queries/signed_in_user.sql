-- Whether auth.uid() bears a request without claims, as a connection of a pool leaves it behind.
select auth.uid() is null as nobody
