/** An erasure empties it, or deletes its rows. */
const ERASED = 'erased';

/** Why a column that can hold texts holds none of a customer. */
const KIND = 'one of a few words';
const HASH = 'a hash';
const STAFF = 'written by an administrator or an operator about the tenant itself';
const CALLER = 'who calls: an operator or a service';

/**
 * Every column that can hold a text, and what an erasure does with it. A test fails when a column is missing
 * here, so the author of a new one decides.
 */
export const TEXT_COLUMNS: Readonly<Record<string, string>> = {
  'activity_series.type': KIND,
  'api_keys.name': STAFF,
  'api_keys.name_key': STAFF,
  'api_keys.scopes': KIND,
  'api_keys.secret_hash': HASH,
  'api_keys.signing_secret': 'made by the service',
  'audit_events.action': KIND,
  'audit_events.actor_id': CALLER,
  'audit_events.actor_type': KIND,
  'audit_events.after': 'fields of the configuration; of a lead only that they were erased',
  'audit_events.before': 'fields of the configuration; of a lead only that they were erased',
  'audit_events.request_id': 'made by the caller for each request',
  'audit_events.subject_name': 'the name of a part of the configuration; null for a lead',
  'audit_events.subject_type': KIND,
  'bulk_items.outcome': KIND,
  'bulk_items.refusal': KIND,
  'bulk_items.to_state': KIND,
  'bulk_plans.action': 'ids, and a word for what is done',
  'bulk_plans.reason': 'written by a supervisor about many conversations at once; deleted after seven days',
  'bulk_plans.run_by_id': CALLER,
  'bulk_plans.run_by_right': KIND,
  'bulk_plans.run_by_type': KIND,
  'bulk_plans.status': KIND,
  'conversation_events.actor_id': CALLER,
  'conversation_events.actor_type': KIND,
  'conversation_events.external_conversation_id': ERASED,
  'conversation_events.from_state': KIND,
  'conversation_events.outcome': KIND,
  'conversation_events.reason': ERASED,
  'conversation_events.to_state': KIND,
  'conversation_events.type': KIND,
  'conversations.customer_address': ERASED,
  'conversations.customer_phone_number': ERASED,
  'conversations.display_name': ERASED,
  'conversations.external_conversation_id': ERASED,
  'conversations.outcome': KIND,
  'conversations.phone_key': ERASED,
  'conversations.state': KIND,
  'conversations.subject': ERASED,
  'deadlines.kind': KIND,
  'event_tickets.secret_hash': HASH,
  'event_tickets.service_name': CALLER,
  'former_phone_keys.phone_key': ERASED,
  'idempotency_keys.answer': 'erased, and sealed, so that its text is not to be found before',
  'idempotency_keys.fingerprint': HASH,
  'idempotency_keys.key_hash': HASH,
  'idempotency_keys.principal': CALLER,
  'idempotency_keys.route': 'the pattern of a route, without its values',
  'inboxes.affinity': KIND,
  'inboxes.description': STAFF,
  'inboxes.distribution': KIND,
  'inboxes.name': STAFF,
  'inboxes.name_key': STAFF,
  'inboxes.on_reply_overdue': KIND,
  'inboxes.phone_number': 'the number of the tenant',
  'labels.color': KIND,
  'labels.name': STAFF,
  'labels.name_key': STAFF,
  'lead_keys.key': ERASED,
  'lead_keys.kind': KIND,
  'leads.email': ERASED,
  'leads.email_lower': ERASED,
  'leads.external_id': ERASED,
  'leads.name': ERASED,
  'leads.phone': ERASED,
  'leads.phone_key': ERASED,
  'operators.availability': KIND,
  'operators.email': 'of an operator',
  'operators.external_id': 'of an operator',
  'operators.name': 'of an operator',
  'operators.next_status': KIND,
  'operators.role': KIND,
  'operators.status_reason': STAFF,
  'processed_messages.external_conversation_id': ERASED,
  'processed_messages.message_id': ERASED,
  'rate_limits.principal': CALLER,
  'search_texts.text': ERASED,
  'signed_requests.request_id': 'made by the caller for each request',
  'tenants.count_basis': KIND,
  'tenants.delay_basis': KIND,
  'tenants.external_id': 'of a tenant',
  'tenants.inbox_boosts': 'numbers',
  'tenants.name': 'of a tenant',
  'tenants.normalization': KIND,
  'webhook_deliveries.body': ERASED,
  'webhook_deliveries.event_type': KIND,
  'webhook_deliveries.last_error': 'made by the service, of a status or a failure to connect',
  'webhook_deliveries.last_response': ERASED,
  'webhook_deliveries.status': KIND,
  'webhooks.description': STAFF,
  'webhooks.disabled_reason': 'made by the service',
  'webhooks.events': KIND,
  'webhooks.former_secret': 'made by the service, or written by an administrator',
  'webhooks.secret': 'made by the service, or written by an administrator',
  'webhooks.url': STAFF,
};

export const ERASED_COLUMNS = Object.keys(TEXT_COLUMNS).filter((name) => TEXT_COLUMNS[name] === ERASED);

/** Tables of the service itself. */
const OF_THE_SERVICE = ['migrations', 'sql_files'];

/** Selects every column that can hold a text, as `table.column`. */
export const TEXT_COLUMNS_OF_DATABASE = `
  select c.relname || '.' || a.attname as name
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    and c.relname not in (${OF_THE_SERVICE.map((name) => `'${name}'`).join()})
    -- All but numbers, truths, times, ids and lists of these: also types that nobody here has thought of.
    and coalesce(e.typname, t.typname) not in (
      'int2', 'int4', 'int8', 'float8', 'numeric', 'bool', 'timestamptz', 'date', 'interval', 'uuid')
  order by 1`;
