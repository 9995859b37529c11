// Indexes of conversations for lists are there for statements that name them: each has a condition that is always true.
// To all others it does not exist, so no plan takes it where the primary key or the queue is meant.

/** conversations_activity and conversations_inbox_activity, as a condition on `c`. */
export const BY_ACTIVITY = `c.last_message_at > '-infinity'`;

/** conversations_customer */
export const BY_CUSTOMER = `c.customer_phone_number <> ''`;
