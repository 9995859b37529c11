import { TestDatabase } from './support/database.js';
import { paste, stepsOf } from './support/pasted.js';
import { ServiceProcess } from './support/service-process.js';
import { PLATFORM_KEY } from './support/settings.js';

interface Founded {
  tenant: { id: string };
  admin: { id: string };
}

it('the requests of docs/first-tenant.md allocate a conversation to the first admin', async () => {
  const database = await TestDatabase.create();
  const service = await ServiceProcess.start(database.url);
  try {
    const { setUp, steps } = stepsOf('docs/first-tenant.md', 'In another terminal', '## From here');
    const variables = setUp
      .replace('http://localhost:3000', service.url)
      .replace('platform-key-for-development', PLATFORM_KEY);
    expect(steps.map(({ request }) => request.split('curl ').length - 1)).toEqual([1, 1, 1, 1, 1]);

    const responses = await paste(
      variables,
      steps.map(({ request }) => request),
    );

    expect(responses).toMatchObject(steps.map(({ response }) => response));
    const { tenant, admin } = responses[0] as Founded;
    expect(responses[4]).toMatchObject({
      conversation: { tenantId: tenant.id, assignedOperatorId: admin.id },
    });
  } finally {
    await service.stop();
    await database.close();
  }
});
