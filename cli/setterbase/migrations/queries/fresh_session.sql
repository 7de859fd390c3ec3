-- What the file before set must not reach into this one. And a server that works for a client
-- that was killed should notice, rather than hold its locks to the end of a long statement.
reset all;
set client_connection_check_interval = '1s';
