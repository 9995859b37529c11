/** What an OPERATOR sees: all that lies in these inboxes, and what they hold, wherever it lies. */
export interface Visibility {
  operatorId: string;
  inboxes: string[];
}

/** The visible conversations, as a condition on `c`: for a few that an index has found already. */
export function isVisibleTo(
  { operatorId, inboxes }: Visibility,
  parameter: (value: unknown) => string,
): string {
  return `(c.inbox_id = any (${parameter(inboxes)}::uuid[]) or c.assigned_operator_id = ${parameter(operatorId)}::uuid)`;
}

/** Those of them that they hold, as a condition on `c` which the index over held conversations answers. */
export function heldBy({ operatorId }: Visibility, parameter: (value: unknown) => string): string {
  // The state is implied, but only so does the planner see that the index fits.
  return `c.assigned_operator_id = ${parameter(operatorId)}::uuid and c.state = 'ALLOCATED'`;
}
