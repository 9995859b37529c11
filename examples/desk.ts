/**
 * A desk: Olivia takes what waits, resolves it and goes OFFLINE when nothing is left. Needs `npm start`.
 *
 *   npx tsx examples/desk.ts [http://localhost:3000]
 */
import { createClient, isProblem, trustedHeaders, unwrap } from '@inbox-allocation/client';
import type { Availability, Conversation } from '@inbox-allocation/client/openapi';
import { items } from '@inbox-allocation/client/pages';
import { stream } from '@inbox-allocation/client/stream';

const baseUrl = process.argv[2] ?? 'http://localhost:3000';
const tenantId = '019c8f00-0000-7000-8000-000000000001';
const operatorId = '019c8f00-0000-7000-8000-000000000011';
const client = createClient({ baseUrl, credentials: trustedHeaders({ tenantId, operatorId }) });

for await (const item of stream(client, { onState: ({ state }) => console.log(`the stream is ${state}`) })) {
  if (item.kind === 'gap') void work();
  else if (item.event.type === 'operator.offline' && item.event.actor.id === operatorId) break;
  else console.log(`  ${item.event.type}: ${item.event.reason}`);
}

async function work(): Promise<void> {
  await become('AVAILABLE');
  const query = { assignedOperatorId: [operatorId] };
  for await (const mine of items(client, '/api/v1/conversations', { query })) await resolve(mine);
  for (let next = await take(); next !== null; next = await take()) await resolve(next);
  await become('OFFLINE');
}

async function become(status: Availability): Promise<void> {
  const params = { path: { id: operatorId } };
  await unwrap(client.PUT('/api/v1/operators/{id}/status', { params, body: { status } }));
}

async function take(): Promise<Conversation | null> {
  return (await unwrap(client.POST('/api/v1/allocation/allocate', { body: {} }))).conversation;
}

async function resolve({ id, version, displayName }: Conversation): Promise<void> {
  const params = { header: { 'If-Match': `"${version}"` } };
  await unwrap(client.POST('/api/v1/allocation/resolve', { params, body: { conversationId: id } })).catch(
    (error: unknown) => {
      // Somebody else changed it meanwhile: it is theirs now, or comes back.
      if (!isProblem(error, 'VERSION_MISMATCH', 'CONVERSATION_NOT_ALLOCATED')) throw error;
    },
  );
  console.log(`Olivia is done with ${displayName ?? id}`);
}
