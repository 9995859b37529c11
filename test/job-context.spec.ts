import { SchedulerRegistry } from '@nestjs/schedule';
import { actAs, currentAuthor } from '../src/audit/author.js';
import { JobTimer } from '../src/scheduling/job-timer.js';
import { until } from './support/until.js';

const ADMIN = { kind: 'operator', tenantId: 'a tenant', operatorId: 'an ADMIN', role: 'ADMIN' } as const;

it('a job that a request starts acts for the service itself, then and later', async () => {
  const authors: string[] = [];
  const timer = new JobTimer(new SchedulerRegistry(), {
    name: 'job-of-the-test',
    intervalSeconds: 0.01,
    run: () => Promise.resolve(authors.push(currentAuthor().type)),
  });
  actAs(ADMIN, 'a request', () => timer.soon());
  await until(() => Promise.resolve(authors.length >= 3));
  await timer.stop();
  expect(new Set(authors)).toEqual(new Set(['SYSTEM']));
});
