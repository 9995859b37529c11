/** The visibility of an OPERATOR: all conversations of these inboxes, and all conversations that they hold. */
export interface Visibility {
  operatorId: string;
  inboxes: string[];
}

/** The visible conversations as a condition on `c`, for few rows that an index has selected. */
export function isVisibleTo(
  { operatorId, inboxes }: Visibility,
  parameter: (value: unknown) => string,
): string {
  return `(c.inbox_id = any (${parameter(inboxes)}::uuid[]) or c.assigned_operator_id = ${parameter(operatorId)}::uuid)`;
}

/** The held conversations as a condition on `c`, for the index of held conversations. */
export function heldBy({ operatorId }: Visibility, parameter: (value: unknown) => string): string {
  // Redundant, but without it the planner does not use the index.
  return `c.assigned_operator_id = ${parameter(operatorId)}::uuid and c.state = 'ALLOCATED'`;
}
