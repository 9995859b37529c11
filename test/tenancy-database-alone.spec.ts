import type { TestDatabase } from './support/database.js';
import { tenancyCases } from './support/tenancy-cases.js';
import {
  definitionsOf,
  leaveOutPredicates,
  leaveOutPredicatesOf,
  predicatesIn,
  withoutPredicates,
} from './support/without-predicates.js';

/**
 * They find tenants with something to do, or tell how much there is, so they look across them, as a role whose
 * policies let it.
 */
const ACROSS_TENANTS = [
  'backlog',
  'deadline_backlog',
  // Deletes the rows of the tenant of the transaction only: its role has no other policy to delete by.
  'delete_tenant_rows',
  'erase_ledger_texts',
  // Looks at the tenant of the transaction only, whatever the application names.
  'find_by_trigrams',
  // Works for the tenant of the transaction only.
  'forget_feed_positions',
  'names_of_inboxes',
  'tenants_to_clean',
  'tenants_to_erase',
  'tenants_to_fold',
  'tenants_to_saturate',
  'tenants_to_sweep_presences',
  'tenants_with_attendance_changes',
  'tenants_with_conversations_to_release',
  'tenants_with_due_deadlines',
  'tenants_with_forgotten_conversations',
  'tenants_with_idle_leavers',
  'tenants_with_kept_outlooks',
  'tenants_with_old_feed_positions',
  'tenants_with_overdue_waits',
  'tenants_with_undistributed_conversations',
  'tenants_with_webhook_work',
  'waiting_by_inbox',
];

describe('case 16, when the application names no tenant: rows of another tenant', () => {
  let sent: Map<string, string>;
  let database: TestDatabase;
  let functions: string[];
  tenancyCases(async (app) => {
    ({ database } = app);
    functions = (await definitionsOf(database)).filter(holdsPredicate).map(({ name }) => name);
    await leaveOutPredicatesOf(database);
    sent = leaveOutPredicates();
  });
  afterAll(() => jest.restoreAllMocks());

  const holdsPredicate = ({ text }: { text: string }) => predicatesIn(text).length > 0;

  it('were requested by many statements, none of which named the tenant', () => {
    const forgetful = [...sent].filter(([meant, instead]) => meant !== instead);
    expect(forgetful.length).toBeGreaterThan(60);
    expect([...sent.values()].flatMap(predicatesIn)).toEqual([]);
  });

  it('were requested by functions without the tenant', async () => {
    expect(functions.length).toBeGreaterThan(20);
    const naming = (await definitionsOf(database)).filter(holdsPredicate);
    expect(naming.map(({ name }) => name)).toEqual(ACROSS_TENANTS);
    expect(naming.every(({ across }) => across)).toBe(true);
  });
});

describe('SQL without predicates', () => {
  it.each([
    ['select 1 from labels where tenant_id = $1', 'select 1 from labels where ($1::uuid is not null)'],
    ['a join b on a.tenant_id = b.tenant_id and a.id = b.id', 'a join b on true and a.id = b.id'],
    [
      'SELECT "l"."id" FROM "labels" "l" WHERE "l"."tenant_id" = $2',
      'SELECT "l"."id" FROM "labels" "l" WHERE ($2::uuid is not null)',
    ],
    ['from tenants t where t.id = p_tenant and c.id = t.id', 'from tenants t where true and c.id = t.id'],
    ['join tenants t on t.id = c.tenant_id', 'join tenants t on true'],
    [
      'update tenants set name = $2 where id = $1',
      'update tenants set name = $2 where ($1::uuid is not null)',
    ],
    ['insert into labels (tenant_id, id) values ($1, $2) on conflict (tenant_id, id) do nothing', null],
    ["select set_config('app.tenant_id', $1, true), l.tenant_id from labels l", null],
  ])('of %s', (text, expected) => {
    expect(withoutPredicates(text)).toBe(expected ?? text);
  });

  it.each([
    'where tenant_id in ($1)',
    'where (tenant_id, id) = ($1, $2)',
    'where a.tenant_id is not distinct from $1',
    'where $1 = "l"."tenant_id"',
    'from tenants t where t.id <> $1',
    'delete from tenants where id in ($1)',
    'where row(l.tenant_id, l.id) > ($1, $2)',
  ])('is checked for a predicate: %s', (text) => {
    expect(predicatesIn(text)).toHaveLength(1);
  });
});
