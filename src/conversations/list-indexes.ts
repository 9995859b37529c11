// Each index for lists has a condition that is always true, and serves only statements with this condition.
// So the planner cannot choose it in place of the primary key or of a queue index.

/** conversations_activity and conversations_inbox_activity, as a condition on `c`. */
export const BY_ACTIVITY = `c.last_message_at > '-infinity'`;

/** conversations_waiting, as a condition on `c`. */
export const BY_WAITING = `c.state = 'QUEUED' and c.waiting_since > '-infinity'`;
