-- A tenant that ended is in no directory: its mail domains are free again.
-- Lock: none. Duration: instant. Undo: revoke the right.
grant delete on directory.route, directory.domain to registrar;
