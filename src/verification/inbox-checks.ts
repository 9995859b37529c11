import { breach, warning, type Check } from './check.js';

/** Nothing leads into an archived inbox, and nobody is lost in one. */
export const INBOX_CHECKS: readonly Check[] = [
  breach(
    'redirects-to-active-inboxes',
    `select 'inbox' as subject, i.id, format('redirects to inbox %s, which is archived', r.id) as problem
    from inboxes i
    join inboxes r on r.tenant_id = $1 and r.id = i.redirect_to_inbox_id and not r.is_active
    where i.tenant_id = $1`,
  ),
  breach(
    'default-inbox-is-active',
    `select 'inbox' as subject, i.id, 'is the default inbox, and archived' as problem
    from tenants t
    join inboxes i on i.tenant_id = $1 and i.id = t.default_inbox_id and not i.is_active
    where t.id = $1`,
  ),
  warning(
    'waiting-in-an-archived-inbox-of-nobody',
    // They can be moved, and nobody can be subscribed any more.
    `select 'inbox' as subject, i.id, format('is archived without subscribers, and %s conversations wait in it', w.waiting)
      as problem
    from tenants t
    join inboxes i on i.tenant_id = $1 and not i.is_active
    cross join lateral (
      select count(*) as waiting from conversations c
      where c.tenant_id = $1 and c.inbox_id = i.id and c.state = 'QUEUED') w
    where t.id = $1 and not t.auto_subscribe and w.waiting > 0 and not exists (
      select 1 from subscriptions s where s.tenant_id = $1 and s.inbox_id = i.id)`,
  ),
];
