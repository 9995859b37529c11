-- The series in which a ledger entry counts: of its inbox, of the operator who receives the conversation, and of the
-- operator who loses or resolves it. Arrivals count in one of the whole tenant, too. A resolution with another outcome than HANDLED counts once more, by its outcome; so those that
-- were HANDLED are the rest.
create or replace function activity_series_of(
  p_type text, p_outcome text, p_inbox uuid, p_from_operator uuid, p_to_operator uuid)
returns table (inbox_id uuid, operator_id uuid, type text)
language sql immutable
as $$
  select s.inbox_id, s.operator_id, s.type
  from (values
    (p_inbox, '00000000-0000-0000-0000-000000000000'::uuid, p_type,
      p_type in ('conversation.created', 'conversation.reopened', 'conversation.resolved')),
    ('00000000-0000-0000-0000-000000000000', p_to_operator, p_type,
      p_type in ('conversation.allocated', 'conversation.claimed', 'conversation.distributed', 'conversation.reassigned')),
    ('00000000-0000-0000-0000-000000000000', p_from_operator, p_type,
      p_type in ('conversation.resolved', 'conversation.deallocated', 'conversation.returned', 'conversation.transferred',
        'conversation.grace_expired', 'conversation.released', 'conversation.not_accepted', 'conversation.unanswered')),
    (p_inbox, p_to_operator, p_type, p_type = 'conversation.distributed'),
    ('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', p_type,
      p_type in ('conversation.created', 'conversation.reopened')),
    (p_inbox, '00000000-0000-0000-0000-000000000000', p_type || ' ' || p_outcome, p_outcome <> 'HANDLED'),
    ('00000000-0000-0000-0000-000000000000', p_from_operator, p_type || ' ' || p_outcome, p_outcome <> 'HANDLED')
  ) s (inbox_id, operator_id, type, counts)
  where s.counts and s.operator_id is not null
$$;
