/** Assignments of an update of `conversations c` in tenant $1, for what leaves the queue. */
export const LEAVE_QUEUE = 'basis_at = null, saturated = null, queue_key = null';

/** The same for what enters it. Its age stays: the customer has waited since they wrote. */
export const ENTER_QUEUE = enterQueueIf('true');

/** As ENTER_QUEUE where `condition` holds, else as LEAVE_QUEUE. */
export function enterQueueIf(condition: string): string {
  return `(basis_at, saturated, queue_key) = (
    select q.basis_at, q.saturated, q.queue_key
    from queue_settings t
    cross join lateral queue_position(t.settings, c.message_count, c.last_message_at, c.waiting_since) q
    where t.tenant_id = $1 and (${condition}))`;
}
