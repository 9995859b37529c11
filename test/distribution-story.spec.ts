import type { LeadWithConversations } from '../src/leads/lead.js';
import { ActivityFold } from '../src/stats/activity-fold.js';
import type { OperatorShare } from '../src/stats/distribution-statistics.js';
import { TestApplication, type Headers } from './support/application.js';
import { PLATFORM_KEY } from './support/settings.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

async function made<Body extends { id: string }>(
  path: string,
  headers: Headers,
  body: object,
): Promise<Body> {
  return (await app.call('post', path, headers).send(body).expect(201)).body as Body;
}

async function read<Body>(path: string, headers: Headers): Promise<Body> {
  return (await app.call('get', path, headers).expect(200)).body as Body;
}

const LEADS = 40;
const REQUESTS = 200;

describe('the distribution of leads in a company', () => {
  it('distributes requests of a source to two operators 30 to 70 within maxLoad, and the statistics show it', async () => {
    // The platform creates the tenant. Its administrator creates an inbox, two operators and their subscriptions.
    const platform = { Authorization: `Bearer ${PLATFORM_KEY}` };
    const creating = await app
      .call('post', '/tenants', platform)
      .send({ name: 'Lead Company', admin: { name: 'Ada Admin' } })
      .expect(201);
    const { tenant, admin } = creating.body as { tenant: { id: string }; admin: { id: string } };
    const as = (id: string): Headers => ({ 'X-Tenant-Id': tenant.id, 'X-Operator-Id': id });
    const ada = as(admin.id);
    const crm = { 'X-Tenant-Id': tenant.id, 'X-Service': 'crm' };
    const source = await made('/inboxes', ada, { name: 'Web form', distribution: 'WEIGHTED_RANDOM' });
    const [thirty, seventy] = [
      await made('/operators', ada, { name: 'Thora Thirty', role: 'OPERATOR', maxLoad: 60 }),
      await made('/operators', ada, { name: 'Sven Seventy', role: 'OPERATOR', maxLoad: 140 }),
    ];
    const weights = [
      { operatorId: thirty.id, weight: 30 },
      { operatorId: seventy.id, weight: 70 },
    ];
    await app.call('put', `/inboxes/${source.id}/operators`, ada).send(weights).expect(200);
    for (const { id } of [thirty, seventy]) {
      await app.call('put', `/operators/${id}/status`, as(id)).send({ status: 'AVAILABLE' }).expect(200);
    }

    // Requests arrive: each response names who has it, while anybody has room.
    const request = (i: number) => ({
      externalConversationId: `request-${i}`,
      inboxId: source.id,
      customerPhoneNumber: `+49151000000${10 + (i % LEADS)}`,
      lead: {
        externalId: `lead-${i % LEADS}`,
        name: `Lead ${i % LEADS}`,
        email: `lead-${i % LEADS}@web.example`,
      },
    });
    const messages = Array.from({ length: REQUESTS + 3 }, (_, i) => request(i));
    const { body } = await app
      .call('post', '/orchestrator/messages/batch', crm)
      .send({ messages })
      .expect(200);
    const results = (body as { results: { conversationId: string; assignedOperatorId: string | null }[] })
      .results;
    const waiting = results.filter(({ assignedOperatorId }) => assignedOperatorId === null);
    expect(waiting).toHaveLength(3);

    // Both are full, so the three wait; who resolves one is handed the next, in the same call.
    const { conversationId } = results.find(({ assignedOperatorId }) => assignedOperatorId === thirty.id)!;
    await app.call('post', '/allocation/resolve', as(thirty.id)).send({ conversationId }).expect(200);
    const [next] = waiting;
    expect(await read(`/conversations/${next!.conversationId}`, crm)).toMatchObject({
      state: 'ALLOCATED',
      assignedOperatorId: thirty.id,
    });

    // The statistics say the same before and after the ledger is folded.
    for (const folded of [false, true]) {
      if (folded) await app.run(ActivityFold);
      const { data } = await read<{ data: OperatorShare[] }>('/stats/distribution', ada);
      const shares = Object.fromEntries(data.map((share) => [share.operatorName, share]));
      expect(shares).toMatchObject({
        'Thora Thirty': { given: 61, share: 61 / 201, weight: 30, configuredShare: 0.3 },
        'Sven Seventy': { given: 140, share: 140 / 201, weight: 70, configuredShare: 0.7 },
      });
      expect(await read('/stats/queue', ada)).toMatchObject({
        data: [{ name: 'Web form', depth: 2, arrivalsLastHour: 203, resolutionsLastHour: 1 }],
      });
      expect(await read(`/operators/${thirty.id}/stats`, as(thirty.id))).toMatchObject({
        load: 60,
        capacity: 60,
        transitions: { distributed: 61, resolved: 1 },
      });
    }

    // A lead with all their requests, found by phone number or by address.
    for (const query of ['phone=%2B4915100000012', 'email=LEAD-2@web.example']) {
      const { data } = await read<{ data: { id: string }[] }>(`/leads?${query}`, ada);
      expect(data).toHaveLength(1);
      const lead = await read<LeadWithConversations>(`/leads/${data[0]!.id}`, ada);
      expect(lead).toMatchObject({ externalId: 'lead-2', name: 'Lead 2' });
      expect(lead.conversations.map(({ externalConversationId }) => externalConversationId).sort()).toEqual(
        [2, 42, 82, 122, 162, 202].map((i) => `request-${i}`).sort(),
      );
    }
  });
});
