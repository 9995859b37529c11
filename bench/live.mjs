// @ts-check
// Takes conversations through their whole life by HTTP: five messages and ten entries of the ledger each.
import { one } from './database.mjs';
import { adminId, INBOXES, inboxId, operatorId, OPERATORS, SUBSCRIPTIONS, tenantId } from './ids.mjs';
import { dealt, request } from './load.mjs';
import { token } from './service.mjs';
import { keyOf } from './teams.mjs';
import { pause } from '../scripts/processes.mjs';

const CALLERS = 8;
/** The second message arrives while somebody has the conversation, the third after it was resolved. */
const LIFE = /** @type {const} */ ([
  'message',
  'claim',
  'message',
  'deallocate',
  'claim',
  'resolve',
  'message',
  'claim',
  'message',
  'deallocate',
  'claim',
  'message',
  'resolve',
]);
const ID = /"conversation":\{"id":"([0-9a-f-]{36})"/;

/** An operator who is subscribed to an inbox of a tenant of `fill`. @param {number} inbox from 1 */
export function operatorOf(inbox) {
  const operators = Array.from({ length: OPERATORS }, (_, i) => i + 1);
  const numbers = Array.from({ length: SUBSCRIPTIONS }, (_, i) => i + 1);
  const found = operators.find((o) =>
    numbers.some((s) => ((o * 3 + s * (1 + (o % 3))) % INBOXES) + 1 === inbox),
  );
  if (found === undefined) throw new Error(`nobody is subscribed to inbox ${inbox}`);
  return found;
}

/**
 * @param {import('./context.mjs').Context} context @param {import('./service.mjs').Service} service
 * @param {import('pg').Client} client the owner's @param {{ count: number, tenants: number, where: string }} options
 */
export async function live({ load, findings, show }, service, client, { count, tenants, where }) {
  /** @type {string[]} */
  const keys = [];
  for (let tenant = 1; tenant <= tenants; tenant++) keys.push(await keyOf(service, tenant));
  const all = Array.from({ length: count }, (_, i) => {
    const tenant = 1 + (i % tenants);
    const inbox = 1 + (Math.floor(i / tenants) % INBOXES);
    const holder = token(tenantId(tenant), operatorId(tenant, operatorOf(inbox)));
    return { i, tenant, inbox, holder, key: keys[tenant - 1] ?? '', id: '' };
  });
  for (const [step, verb] of LIFE.entries()) {
    show(`${where}: step ${step + 1} of ${LIFE.length} of a life`);
    const requests = all.map(({ i, tenant, inbox, holder, key, id }) => {
      if (verb !== 'message') {
        const who = verb === 'deallocate' ? token(tenantId(tenant), adminId(tenant)) : holder;
        return request('POST', `/allocation/${verb}`, who, { conversationId: id });
      }
      return request('POST', '/orchestrator/messages', key, {
        externalConversationId: `life ${i}`,
        inboxId: inboxId(tenant, inbox),
        customerAddress: `life-${i}`,
        messageId: `message ${step} of life ${i}`,
      });
    });
    const own = dealt(requests, CALLERS);
    const done = await load.run({ port: service.port, requests: own, inOrder: true, keepBodies: true });
    const wrong = done.responses.filter(({ status }) => status >= 300).length;
    findings.violation(wrong, 'a response that is no success', `${where}, ${verb}`);
    for (const { caller, request: nth, body } of done.responses) {
      const one = all[nth * CALLERS + caller];
      if (step === 0 && one !== undefined) one.id = ID.exec(body)?.[1] ?? '';
    }
  }
  for (;;) {
    const { left } = await one(client, 'select count(*)::int as left from search_backlog');
    if (left === 0) return;
    await pause(200);
  }
}
