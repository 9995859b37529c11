-- The settings of each tenant that decide the order of its queue, as one value that the functions of the queue take.
-- auto_subscribe: whether every operator may take from every inbox. normalization stands apart too: a view that reads a
-- field of the value depends on its type, whose functions it calls, and Citus refuses such a circle.
create view queue_settings with (security_invoker = true) as
select t.id as tenant_id, t.auto_subscribe, t.normalization,
  row(t.id, t.alpha, t.beta, t.normalization, t.max_message_count, t.max_delay_minutes, t.candidate_window, t.delay_basis,
    t.reranked_up_to is not null, t.delay_basis_changes, t.count_basis,
    t.inbox_boosts)::priority_settings as settings
from tenants t;
grant select on queue_settings to inbox_app, inbox_platform;
