-- What the system's own logins try and must be denied: sealer, dispatcher, router and registrar each have their part and no other.
-- {a} and {aPeople} are the schemas of a tenant, {aLogin} its login.
-- A comment `-- but: sealer` in front of a statement names who may.

-- Data and keys of a tenant
select * from {a}.document;
select * from {a}.document_page;
select * from {a}.snip;
select * from {a}.key;
select * from {a}.key_epoch;
select * from {a}.session;
select * from {a}.api_key;
select * from {a}.organisation;
select * from {a}.search_delta;
select * from {a}.search_page;
select * from {a}.activity;
select * from {aPeople}.person;
insert into {a}.document default values;
update {a}.session set expires_at = now();
update {a}.key set wrapped = null;
delete from {a}.document;
truncate {a}.document;
lock table {a}.document in share mode;
copy {a}.document to stdout;
select query_to_xml('select * from {a}.document', true, true, '');

-- The log: the sealer orders and never writes, reads no personal part
select personal from {a}.audit;
select * from {a}.audit;
insert into {a}.audit (id, at, action, outcome, actor_kind) values (gen_random_uuid(), now(), 'x', 'done', 'system');
update {a}.audit set action = 'x';
delete from {a}.audit;
delete from {a}.audit_leaf;
update {a}.audit_leaf set event = gen_random_uuid();
delete from {a}.audit_tile;
update {a}.audit_checkpoint set note = 'x';
delete from {a}.audit_checkpoint;
-- but: sealer
select id from {a}.audit;
-- but: sealer
insert into {a}.audit_leaf (position, event) values (999999999, gen_random_uuid());

-- Becoming somebody else
set role {aLogin};
set role migrator;
set role tenant;
set role postgres;
set role pg_read_all_data;
set role pg_read_server_files;
set role pg_execute_server_program;
set session authorization {aLogin};
set session authorization postgres;
grant {aLogin} to current_user;
grant migrator to current_user;
alter role {aLogin} password 'x';
alter role current_user superuser;
alter role current_user createrole;
alter role current_user bypassrls;
alter role current_user replication;
create role intruder login;
drop role {aLogin};

-- The server
select * from pg_authid;
select * from pg_hba_file_rules;
select * from pg_largeobject;
select * from pg_statistic;
select pg_read_file('/etc/passwd');
select pg_ls_dir('.');
select pg_ls_waldir();
copy (select 1) to program 'true';
copy (select 1) to '/tmp/panoply-stolen';
show data_directory;
alter system set log_statement = 'all';
load 'auto_explain';
create extension dblink schema cell;
create extension file_fdw schema cell;
create database intruder;
select lo_create(0);
select lo_import('/etc/passwd');
select lo_get(1);
select pg_advisory_lock(1);
-- but: dispatcher
select pg_notify('anything', 'x');
select pg_logical_emit_message(false, 'x', 'y');
select pg_export_snapshot();
select pg_create_physical_replication_slot('x');
select pg_create_logical_replication_slot('x', 'pgoutput');
select pg_switch_wal();
select pg_reload_conf();
checkpoint;
prepare transaction 'x';

-- Making anything
create temp table t (x text);
create table public.t (x text);
create table cell.t (x text);
create schema intruder;
create function cell.f() returns int language sql as 'select 1';
create trigger t before insert on {a}.document for each row execute function tsvector_update_trigger();
create publication p for all tables;
create event trigger e on ddl_command_end execute function pg_notify();

-- The cell: each its own doors
select * from cell.refusal;
select * from cell.outbox;
select * from cell.canary;
select * from cell.probe;
select * from cell.tenant_migration;
insert into cell.tenant (tenant, state) values ('aaaaaaaaaaaaa', 'active');
update cell.tenant set state = 'ended';
update cell.canary set number = 2;
insert into cell.audit_due (tenant, at) values ('aaaaaaaaaaaaa', now());
-- but: sealer
select * from cell.audit_due;
-- but: sealer, dispatcher
select * from cell.tenant;
-- but: router
select cell.list_mail(null, null, 1);
-- but: router
select cell.list_probes();
select cell.announce();
select cell.enqueue('knowledge.document.read', gen_random_uuid(), '{}');
select cell.cancel_job(gen_random_uuid());
-- but: dispatcher
select * from queue._private_jobs;
-- but: dispatcher
select queue.add_job('tenant', '{}');
-- but: dispatcher
select * from queue.cancellation;
-- but: dispatcher
drop schema queue cascade;
