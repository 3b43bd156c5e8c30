-- What the login of tenant A may ask of the catalogs, and what must not come of it: no row with anything of B but opaque names.
-- A comment `-- rows: 0` in front of a statement asks for no row at all.

-- rows: 0
select * from pg_stats where schemaname in ('{b}', '{bPeople}');
-- rows: 0
select * from information_schema.tables where table_schema in ('{b}', '{bPeople}', 'cell', 'queue', 'directory') and table_type = 'BASE TABLE';
-- rows: 0
select * from information_schema.columns where table_schema in ('{b}', '{bPeople}');
-- rows: 0
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('{b}', '{bPeople}', 'cell', 'queue') and c.relkind in ('r', 'v', 'm', 'S', 'p')
  and case when c.relkind = 'S' then has_sequence_privilege(c.oid, 'usage, select, update')
      else has_table_privilege(c.oid, 'select, insert, update, delete, truncate, references, trigger') end;
-- rows: 0
select n.nspname, c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('{b}', '{bPeople}', 'cell', 'queue') and c.relkind = 'r' and a.attnum > 0
  and has_column_privilege(c.oid, a.attnum, 'select, insert, update, references');
-- rows: 0
select nspname from pg_namespace where nspname in ('{b}', '{bPeople}', 'queue', 'public') and has_schema_privilege(oid, 'usage, create');
-- rows: 0
select rolname from pg_roles r where pg_has_role(current_user, r.oid, 'member') and rolname not in (current_user, 'tenant');
-- rows: 0
select proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname not in ('pg_catalog', 'information_schema') and has_function_privilege(p.oid, 'execute')
  and has_schema_privilege(n.oid, 'usage') and n.nspname || '.' || proname not in ('cell.announce', 'cell.enqueue', 'cell.cancel_job',
  'cell.give_nudge', 'cell.list_destructions', 'cell.note_certified', 'cell.note_destruction', 'cell.note_index_rewritten');
-- rows: 0
select datname from pg_database where has_database_privilege(oid, 'temp') or has_database_privilege(oid, 'create');
-- rows: 0
select datname from pg_database where datallowconn and datname <> current_database() and has_database_privilege(oid, 'connect');
-- rows: 0
select * from pg_largeobject_metadata;
-- rows: 0
select * from pg_seclabels;
-- rows: 0
select * from pg_prepared_statements where name not like 'x%' and statement ilike '%{b}%';
select * from pg_settings;
select * from pg_roles;
select * from pg_user;
select * from pg_db_role_setting;
select * from pg_description;
-- rows: 0
select * from pg_replication_slots;
select * from pg_cursors;
select * from pg_views where schemaname not in ('pg_catalog', 'information_schema');
select * from pg_constraint;
-- rows: 0
select * from information_schema.tables where table_schema in ('{b}', '{bPeople}', 'cell', 'queue') and table_type = 'BASE TABLE';
-- rows: 0
select * from pg_prepared_xacts where owner <> current_user;
-- rows: 0
select name, setting from pg_settings where sourcefile is not null or name in ('data_directory', 'config_file', 'hba_file', 'primary_conninfo');
-- rows: 0
select c.relname from pg_class c where c.relkind = 't' and has_table_privilege(c.oid, 'select');
-- rows: 0
select * from pg_stats_ext where schemaname in ('{b}', '{bPeople}');
-- rows: 0
select * from pg_stats_ext_exprs where schemaname in ('{b}', '{bPeople}');
-- rows: 0
select * from pg_sequences where schemaname in ('{b}', '{bPeople}') and last_value is not null;
-- rows: 0
select * from pg_publication;
-- rows: 0
select * from pg_event_trigger;
-- rows: 0
select * from pg_foreign_server;
-- rows: 0
select umuser from pg_user_mappings;
-- rows: 0
select lanname from pg_language where lanname not in ('internal', 'c', 'sql') and has_language_privilege(oid, 'usage');
