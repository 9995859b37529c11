// @ts-check
// P14: what a supervisor asks about a conversation that waits, and lists of what has a label.
import { atDepth, someOperator } from '../at-depth.mjs';
import { adminId, conversationId, LABEL, labelId } from '../ids.mjs';

/**
 * As many rows as the shallow database has.
 * @type {Record<string, import('../at-depth.mjs').Kind>}
 */
const KINDS = {
  explain: {
    who: adminId,
    path: ({ number }) => `/conversations/${conversationId(number)}/explain`,
    holds: ({ operators = [] }) => operators.length > 0,
  },
  outlook: {
    who: adminId,
    path: ({ number }) => `/conversations/${conversationId(number)}/outlook`,
    holds: ({ place = 0 }) => place > 0,
  },
  'newest with a label': {
    who: adminId,
    path: ({ tenant }) => `/conversations?labelId=${labelId(tenant, 1)}&limit=2`,
  },
  'longest wait with a label': {
    who: adminId,
    path: ({ tenant }) => `/conversations?labelId=${labelId(tenant, 1)}&state=QUEUED&sort=waiting&limit=2`,
  },
  'newest with a label of any inbox': {
    who: adminId,
    path: () => `/conversations?labelName=${LABEL}`,
  },
  'newest with a label, an OPERATOR': {
    who: someOperator,
    path: () => `/conversations?labelName=${LABEL}&limit=10`,
  },
};

/** @param {import('../context.mjs').Context} context */
export function p14(context) {
  return atDepth(context, { id: 'P14', of: 'Explain, outlook and labelled lists, first page', kinds: KINDS });
}
