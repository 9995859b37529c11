// @ts-check
// The score in plain doubles, as SQL beside `tenants t`. It reads only the conversation's data, not the stored keys.

/** In minutes. @param {string} at @param {string} basis */
export const delay = (at, basis) => `(greatest(extract(epoch from ${at} - ${basis}), 0)::float8 / 60)`;

/**
 * @param {string} at the moment
 * @param {string} row that has the count
 * @param {string} basis what the delay counts from
 */
export const score = (at, row, basis) => `(
  t.alpha * least(${row}.waiting_message_count / t.max_message_count::float8, 1)
  + t.beta * case when t.max_delay_minutes is null then ${delay(at, basis)} / 1440
    else least(${delay(at, basis)} / t.max_delay_minutes, 1) end)`;
