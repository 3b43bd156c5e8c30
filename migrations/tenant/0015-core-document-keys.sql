-- What tells of a document lies under the key of that document: activities name whose key seals them (null: the key of the fields, as
-- before), and words of tags stand on the cards of snips alone. Where there are documents, a job seals their older rows again; until it has
-- come to a row, the row opens under the key of the fields (src/knowledge/document-key.ts).
-- Lock: short exclusive locks on activity (a column without default), tag and snip_tag. Duration: instant. Undo: `tag` is made anew from the
-- cards of snips; drop the column when no row has it.
alter table {schema}.activity add column subject uuid; -- configuration
create index activity_by_subject on {schema}.activity (subject) where subject is not null;

alter table {schema}.snip_tag drop constraint snip_tag_tag_fkey;
drop table {schema}.tag;

do $$
declare
  tenant constant text := substr('{schema}', 3);
begin
  if exists (select from {schema}.document) or exists (select from {schema}.upload) or exists (select from {schema}.document_fetch)
    or exists (select from {schema}.activity where record_kind = 'document') then
    set local role dispatcher;
    perform queue.add_job(
      identifier => 'tenant',
      payload => json_build_object('task', 'knowledge.seal.move', 'tenant', tenant, 'record', gen_random_uuid()),
      max_attempts => 25,
      job_key => tenant || ':knowledge.seal.move:0015',
      flags => array[tenant]);
    reset role;
  end if;
end
$$;
