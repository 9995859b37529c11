/**
 * A day at the desk. Needs `npm start` with fresh demo data. Customers write. Olivia becomes AVAILABLE and allocates
 * conversations until she reaches her limit. She parks one whose customer will write tomorrow, goes to lunch, hands one over
 * and gives one back. Mona, the manager, lets the longest waiting go first and reassigns one more to Olivia. Olivia
 * resolves what she holds and goes OFFLINE.
 *
 *   node examples/day-at-the-desk.mjs [http://localhost:3000]
 */
const api = `${process.argv[2] ?? 'http://localhost:3000'}/api/v1`;
const tenant = { 'X-Tenant-Id': '019c8f00-0000-7000-8000-000000000001' };
const orchestrator = { ...tenant, 'X-Service': 'orchestrator' };
const oliviaId = '019c8f00-0000-7000-8000-000000000011';
const olivia = { ...tenant, 'X-Operator-Id': oliviaId };
const oscarId = '019c8f00-0000-7000-8000-000000000012';
const mona = { ...tenant, 'X-Operator-Id': '019c8f00-0000-7000-8000-000000000013' };

async function call(method, path, headers, body) {
  const response = await fetch(`${api}${path}`, {
    method,
    headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  const result = response.status === 204 ? null : await response.json();
  console.log(
    `${method} ${path} → ${response.status}${result?.code ? ` ${result.code}: ${result.detail}` : ''}`,
  );
  return result;
}

await call('PUT', `/operators/${oliviaId}/status`, olivia, { status: 'AVAILABLE' });

const { results } = await call('POST', '/orchestrator/messages/batch', orchestrator, {
  messages: [1, 2, 3].map((n) => ({
    externalConversationId: `day-${n}`,
    inboxPhoneNumber: '+4930901820',
    customerPhoneNumber: `+491511234570${n}`,
    messageId: `day-${n}-1`,
  })),
});
console.log(`  ${results.filter((result) => result.created).length} conversations began`);

for (;;) {
  const { conversation } = await call('POST', '/allocation/allocate', olivia, {});
  if (!conversation) break; // nothing waits, or she is at her limit
  console.log(`  Olivia got ${conversation.displayName ?? conversation.externalConversationId}`);
}

const mine = async () => (await call('GET', `/conversations?assignedOperatorId=${oliviaId}`, olivia)).data;
const held = await mine();
const [first, second] = held.filter(({ inboxName }) => inboxName === 'Support');
const third = held.find(({ inboxName }) => inboxName === 'Sales');

// The gateway says that Olivia has replied. Her customer will write tomorrow: parked, it is hers and no load.
const { externalConversationId, originInboxId: inboxId } = first;
await call('POST', '/orchestrator/replies', orchestrator, {
  externalConversationId,
  inboxId,
  operatorId: oliviaId,
});
const until = new Date(Date.now() + 86_400_000).toISOString();
await call('POST', '/allocation/park', olivia, { conversationId: first.id, until });

// Lunch: what she holds stays hers, and nothing new comes.
await call('PUT', `/operators/${oliviaId}/status`, olivia, { status: 'PAUSED', reason: 'Lunch' });
await call('POST', '/allocation/allocate', olivia, {}); // 409
await call('PUT', `/operators/${oliviaId}/status`, olivia, { status: 'AVAILABLE' });

await call('POST', '/allocation/transfer', olivia, {
  conversationId: second.id,
  operatorId: oscarId,
  reason: 'Oscar knows the product',
});
await call('POST', '/allocation/release', olivia, { conversationId: third.id, reason: 'Taken by mistake' });

const { data: waiting } = await call('GET', '/conversations?state=QUEUED&sort=priority&limit=1', mona);
for (const { id } of waiting) {
  const { rank, operators } = await call('GET', `/conversations/${id}/explain`, mona);
  const reasons = operators.map(
    ({ name, reasons: why }) => `${name} ${why.join(' and ') || 'could take it'}`,
  );
  console.log(`  number ${rank} in its inbox: ${reasons.join(', ')}`);
  await call('PUT', `/conversations/${id}/boost`, mona, { minutes: 60, reason: 'A complaint' });
  const oneMore = { conversationId: id, operatorId: oliviaId, overrideCapacity: true };
  await call('POST', '/allocation/reassign', mona, oneMore);
}

for (const { id } of await mine()) await call('POST', '/allocation/resolve', olivia, { conversationId: id });

await call('PUT', `/operators/${oliviaId}/status`, olivia, { status: 'OFFLINE' });
