-- The guide to the first steps asks whether a person has searched and has had an event proven: both are found by who acted.
-- Who is a member already knows the house and is not shown it; they can open it.
-- Lock: share lock on audit while the index is built, so that nothing is appended. Duration: the log is read once, about a second a million
-- events. Undo: drop the index, delete the rows of `core.guide.dismissed`.
create index audit_of_first_steps on {schema}.audit (actor, action)
  where action in ('knowledge.search.asked', 'core.audit.proven');

insert into {schema}.first_step (person, step, at) select person, 'core.guide.dismissed', now() from {schema}.member;
