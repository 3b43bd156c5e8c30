-- A wrapped key lies under an epoch that is there: an epoch ends only when nothing lies under it any more, and nothing is stored under one
-- that has ended.
-- Lock: share row exclusive on key and key_epoch while the keys are checked. Duration: 100,000 keys take about 50 ms. Undo: drop the constraint.
alter table {schema}.key add constraint key_under_epoch foreign key (epoch) references {schema}.key_epoch;
