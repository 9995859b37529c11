import { sql } from '../database/statement.js';

/**
 * The inboxes that an operator can allocate from, as an SQL expression of type array. It is part of each statement, so
 * that the statement needs one round trip.
 * @param tenant the parameter with the tenant
 * @param operator the parameter with the operator
 */
export function inboxesToTakeFrom(tenant: string, operator: string): string {
  return `array(
    select s.inbox_id from subscriptions s
    where s.tenant_id = ${tenant} and s.operator_id = ${operator}
      and not (select t.auto_subscribe from tenants t where t.id = ${tenant})
    union all
    select i.id from inboxes i
    where i.tenant_id = ${tenant} and (select t.auto_subscribe from tenants t where t.id = ${tenant}))`;
}

/** $1 tenant, $2 operator */
export const TAKEABLE_INBOXES = sql`select ${inboxesToTakeFrom('$1', '$2')} as inboxes`;
