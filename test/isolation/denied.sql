-- What the login of tenant A tries and must be denied. {a} and {b} are the activity schemas, {aPeople} and {bPeople} the people
-- schemas, {bLogin} the login of B. Each statement runs by itself; an error of another kind than a denial is a failure.

-- Another tenant's data
select * from {b}.document;
select * from {b}.document_page;
select * from {b}.snip;
select * from {b}.audit;
select * from {b}.key;
select * from {b}.key_epoch;
select * from {b}.session;
select * from {b}.api_key;
select * from {bPeople}.person;
select count(*) from {b}.document;
explain analyze select * from {b}.document;
insert into {b}.audit (id, at, action, outcome, actor_kind) values (gen_random_uuid(), now(), 'x', 'done', 'system');
update {b}.session set expires_at = now();
delete from {b}.document;
truncate {b}.document;
lock table {b}.document in share mode;
copy {b}.document to stdout;
create index on {b}.document (id);
create view {a}.peek as select * from {b}.document;
comment on table {b}.document is 'x';
do $$ begin execute 'select count(*) from {b}.document'; end $$;
with stolen as (select * from {b}.key) select * from stolen;
select query_to_xml('select * from {b}.document', true, true, '');
select table_to_xml('{b}.document'::regclass, true, true, '');
select schema_to_xml('{b}', true, true, '');
select ts_stat('select to_tsvector(id::text) from {b}.document');

-- Becoming somebody else
set role {bLogin};
set local role {bLogin};
set role {bLogin}_people;
set role migrator;
set role sealer;
set role dispatcher;
set role router;
set role registrar;
set role postgres;
set role pg_read_all_data;
set role pg_execute_server_program;
set session authorization {bLogin};
set session authorization postgres;
select set_config('role', '{bLogin}', false);
select set_config('session_authorization', '{bLogin}', false);
grant {bLogin} to current_user;
grant migrator to current_user;
alter role current_user superuser;
alter role current_user createrole;
alter role current_user bypassrls;
alter role current_user replication;
alter role {bLogin} password 'x';
alter role {bLogin} set search_path = 'x';
create role intruder login;
drop role {bLogin};
reassign owned by {bLogin} to current_user;
create function {a}.f() returns void language sql security definer as 'select 1';

-- The server's own secrets and files
select * from pg_authid;
select * from pg_shadow;
select * from pg_user_mapping;
select * from pg_hba_file_rules;
select * from pg_file_settings;
select * from pg_largeobject;
select * from pg_statistic;
select * from pg_subscription;
select pg_read_file('/etc/passwd');
select pg_read_file('postgresql.conf');
select pg_read_binary_file('PG_VERSION');
select pg_ls_dir('.');
select pg_ls_waldir();
select pg_ls_logdir();
select pg_ls_tmpdir();
select pg_stat_file('postgresql.conf');
copy {a}.member to '/tmp/panoply-stolen';
copy {a}.member from '/etc/passwd';
copy {a}.member to program 'true';
copy {a}.member from program 'id';
show data_directory;
show config_file;
show hba_file;
select current_setting('data_directory');
alter system set log_statement = 'all';
load 'auto_explain';

-- What could watch or disturb others
select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user;
select pg_cancel_backend(pid) from pg_stat_activity where usename <> current_user;
select pg_advisory_lock(1);
select pg_try_advisory_lock(1);
select pg_advisory_xact_lock(1);
select pg_advisory_lock_shared(1);
select pg_notify('jobs:insert', 'x');
select pg_notify('anything', 'x');
select pg_logical_emit_message(false, 'x', 'y');
select pg_export_snapshot();
select pg_switch_wal();
select pg_create_restore_point('x');
select pg_reload_conf();
select pg_rotate_logfile();
select pg_backup_start('x');
select pg_promote();
select pg_stat_reset();
select pg_log_backend_memory_contexts(pg_backend_pid());
select pg_create_physical_replication_slot('x');
select pg_create_logical_replication_slot('x', 'pgoutput');
select pg_drop_replication_slot('x');
select * from pg_logical_slot_get_changes('x', null, null);
checkpoint;

-- Large objects, temporary tables, anything made
select lo_create(0);
select lo_creat(-1);
select lo_from_bytea(0, 'x');
select lo_import('/etc/passwd');
select lo_export(1, '/tmp/panoply-stolen');
select lo_get(1);
select lo_open(1, 262144);
create temp table t (x text);
create temp view t as select 1;
select * into temp t from {a}.member;
create table {a}.t (x text);
create table public.t (x text);
create table t (x text);
create schema intruder;
create sequence {a}.s;
create type {a}.ty as (x text);
create domain {a}.d as text;
create function {a}.g() returns int language sql as 'select 1';
create extension dblink;
create extension postgres_fdw;
create extension file_fdw;
create foreign data wrapper w;
create publication p for all tables;
create subscription s connection 'host=localhost' publication p with (connect = false);
create event trigger e on ddl_command_end execute function pg_notify();
create trigger t before insert on {a}.document for each row execute function tsvector_update_trigger();
create rule r as on insert to {a}.document do also select 1;
create policy p on {a}.document;
create database intruder;
create tablespace t location '/tmp';

-- One's own tables belong to the migrator
drop table {a}.document;
alter table {a}.document add column x text;
alter table {a}.document disable trigger all;
grant select on {a}.document to public;
grant usage on schema {a} to {bLogin};
drop schema {a} cascade;
alter schema {a} owner to {bLogin};

-- One's own log may only be added to
update {a}.audit set action = 'x';
delete from {a}.audit;
truncate {a}.audit;
insert into {a}.audit_leaf (position, event) values (0, gen_random_uuid());
insert into {a}.audit_tile (level, index, hashes) values (0, 0, decode(repeat('00', 32), 'hex'));
insert into {a}.audit_checkpoint (size, root, note, at) values (1, decode(repeat('00', 32), 'hex'), 'x', now());
update {a}.audit_tile set hashes = decode(repeat('00', 32), 'hex');
delete from {a}.audit_checkpoint;
update {a}.audit set personal = 'x';
delete from {a}.key;
update {a}.key_epoch set wrapped = 'x';

-- The cell's own tables and doors
select * from cell.tenant;
select * from cell.tenant_migration;
select * from cell.refusal;
select * from cell.refusal_day;
select cell.fold_refusals(now());
select * from cell.audit_due;
insert into cell.audit_due (tenant, at) values ('aaaaaaaaaaaaa', now());
delete from cell.audit_due;
select cell.refuse(now(), 'x', 'x', 'x', 1);
select * from queue._private_jobs;
select * from queue.jobs;
select * from queue.cancellation;
insert into queue.cancellation (tenant, activity) values ('aaaaaaaaaaaaa', gen_random_uuid());
select queue.add_job('tenant', '{}');
