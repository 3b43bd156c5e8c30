-- What an organisation asks of passwords beside their length: how hard they must be to guess (the score of zxcvbn), and how many former ones may
-- not come again. Former ones are kept as hashes, sealed like the one of today.
-- Lock: short exclusive locks on organisation and person, columns with constant defaults or none. Duration: instant. Undo: drop the columns.
alter table {schema}.organisation add column password_strength integer not null default 3 check (password_strength between 1 and 4); -- configuration
alter table {schema}.organisation add column password_history integer not null default 5 check (password_history between 0 and 24); -- configuration
alter table {people}.person add column former_passwords bytea; -- metadata
