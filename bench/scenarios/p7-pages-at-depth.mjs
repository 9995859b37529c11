// @ts-check
// P7: the first page of lists and searches.
import { atDepth, someOperator } from '../at-depth.mjs';
import { adminId, customerNumber } from '../ids.mjs';

/** @type {Record<string, import('../at-depth.mjs').Kind>} */
const KINDS = {
  'newest of the tenant': { who: adminId, path: () => '/conversations' },
  'priority of the tenant': { who: adminId, path: () => '/conversations?sort=priority' },
  'newest an OPERATOR sees': { who: someOperator, path: () => '/conversations' },
  'own queue of an OPERATOR': { who: someOperator, path: () => '/allocation/queue' },
  'search by phone number': {
    who: adminId,
    path: ({ number }) => `/conversations/search?phoneNumber=${encodeURIComponent(customerNumber(number))}`,
  },
  // In the deep database 65 conversations of a tenant have them, in the shallow one a single one.
  'search by the last four digits, one row': {
    who: adminId,
    path: ({ number }) => `/conversations/search?q=${customerNumber(number).slice(-4)}&limit=1`,
  },
  'search by the last four digits': {
    who: adminId,
    path: ({ number }) => `/conversations/search?q=${customerNumber(number).slice(-4)}`,
    differ: true,
  },
  'search by the last seven digits': {
    who: adminId,
    path: ({ number }) => `/conversations/search?q=${customerNumber(number).slice(-7)}`,
  },
  'search by a part of the thread': {
    who: adminId,
    path: ({ number }) => `/conversations/search?q=READ-${number}`,
  },
  'search by what all have': { who: adminId, path: () => '/conversations/search?q=4915' },
  'search by what all have, an OPERATOR': {
    who: someOperator,
    path: () => '/conversations/search?q=4915',
  },
  'by externalConversationId': {
    who: adminId,
    path: ({ number }) => `/conversations?externalConversationId=thread-${number}`,
  },
};

/** @param {import('../context.mjs').Context} context */
export function p7(context) {
  return atDepth(context, { id: 'P7', of: 'List and search, first page', kinds: KINDS });
}
