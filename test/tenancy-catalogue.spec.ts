import { isolateByTenant } from '../migrations/support/tenant-isolation.js';
import { FAULTS, having, OF_NO_TENANT, type Fault } from './support/catalogue.js';
import { TestDatabase } from './support/database.js';
import { TENANT_TABLES } from './support/full-tenant.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.create();
});
afterAll(() => database.close());

describe('case 18: the catalogue', () => {
  it('has only tables that the tests of tenancy know how to fill', async () => {
    const tables = await database.rows<{ name: string }>(`select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'f')`);
    expect(tables.map(({ name }) => name).sort()).toEqual([...TENANT_TABLES, ...OF_NO_TENANT].sort());
  });

  it.each(FAULTS)('has no %s', async (fault) => {
    expect(await having(database, fault)).toEqual([]);
  });

  it('lets a few functions look across tenants', async () => {
    const functions = await database.rows<{ name: string }>(`select proname as name from pg_proc
      where pronamespace = 'public'::regnamespace and prosecdef order by 1`);
    expect(functions.map(({ name }) => name)).toEqual([
      'backlog',
      'deadline_backlog',
      'delete_tenant_rows',
      'erase_ledger_texts',
      'find_by_trigrams',
      'forget_feed_positions',
      'names_of_inboxes',
      'platform_tenants',
      'secrets_by_key',
      'suspended_tenants',
      'tenant_with_external_id',
      'tenants_for_platform',
      'tenants_to_clean',
      'tenants_to_delete',
      'tenants_to_erase',
      'tenants_to_fold',
      'tenants_to_index',
      'tenants_to_rerank',
      'tenants_to_saturate',
      'tenants_to_sweep_presences',
      'tenants_with_attendance_changes',
      'tenants_with_conversations_to_release',
      'tenants_with_deleted_webhooks',
      'tenants_with_due_deadlines',
      'tenants_with_forgotten_conversations',
      'tenants_with_idle_leavers',
      'tenants_with_kept_outlooks',
      'tenants_with_label_changes',
      'tenants_with_merging_leads',
      'tenants_with_old_feed_positions',
      'tenants_with_outdated_secrets',
      'tenants_with_outlooks',
      'tenants_with_overdue_waits',
      'tenants_with_running_bulks',
      'tenants_with_undistributed_conversations',
      'tenants_with_webhook_work',
      'waiting_by_inbox',
    ]);
  });
});

describe('case 18: the check of the catalogue itself', () => {
  const NOTES = `
    create table notes (
      tenant_id uuid not null, id uuid not null, inbox_id uuid not null, title text not null,
      constraint notes_pk primary key (tenant_id, id),
      constraint notes_inbox_fk foreign key (tenant_id, inbox_id) references inboxes);
    create index notes_title on notes (tenant_id, title);
    ${isolateByTenant('notes', { application: 'select, insert' })}`;
  const [anyTenant, sameTenant] = [
    'true',
    `tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`,
  ];

  beforeEach(() => database.rows('begin'));
  afterEach(() => database.rows('rollback'));

  async function faultsAfter(change: string): Promise<Partial<Record<Fault, string[]>>> {
    await database.rows(NOTES + change);
    const all = [];
    for (const fault of FAULTS) all.push([fault, await having(database, fault)] as const);
    return Object.fromEntries(all.filter(([, names]) => names.length > 0));
  }

  it('accepts a correct table', async () => {
    expect(await faultsAfter('')).toEqual({});
  });

  const mistakes: [string, string, Partial<Record<Fault, string[]>>][] = [
    [
      'a table that knows no tenants',
      'create table orphans (id uuid primary key)',
      {
        'a table without a tenant_id that is never null': ['orphans'],
        'a key or an index that does not begin with the tenant': ['orphans.orphans_pkey'],
        'a table whose row-level security is off, or not for its owner': ['orphans'],
        'a table without the policy for reading and writing': ['orphans'],
        'a table without the policy by which the platform reads': ['orphans'],
      },
    ],
    [
      'a tenant that may be null',
      'alter table notes drop constraint notes_pk; alter table notes alter tenant_id drop not null',
      {
        'a table without a tenant_id that is never null': ['notes'],
        'a table without a primary key': ['notes'],
      },
    ],
    [
      'a primary key without the tenant',
      'alter table notes drop constraint notes_pk, add constraint notes_pk primary key (id)',
      { 'a key or an index that does not begin with the tenant': ['notes.notes_pk'] },
    ],
    [
      'a name that is taken for everybody',
      'alter table notes add constraint notes_title_unique unique (title, tenant_id)',
      { 'a key or an index that does not begin with the tenant': ['notes.notes_title_unique'] },
    ],
    [
      'the same by an index of an expression',
      'create unique index notes_title_unique on notes (lower(title))',
      { 'a key or an index that does not begin with the tenant': ['notes.notes_title_unique'] },
    ],
    [
      'an index over all tenants',
      'create index notes_by_title on notes (title)',
      { 'a key or an index that does not begin with the tenant': ['notes.notes_by_title'] },
    ],
    [
      'a foreign key without the tenant',
      'alter table notes add constraint notes_owner_fk foreign key (inbox_id) references tenants',
      { 'a key or an index that does not begin with the tenant': ['notes.notes_owner_fk'] },
    ],
    [
      'a foreign key that crosses over',
      `alter table notes add constraint notes_crossing_fk
        foreign key (tenant_id, inbox_id) references inboxes (id, tenant_id)`,
      { 'a foreign key that does not meet the tenant of the other table': ['notes.notes_crossing_fk'] },
    ],
    [
      'no row-level security',
      'alter table notes disable row level security',
      { 'a table whose row-level security is off, or not for its owner': ['notes'] },
    ],
    [
      'none for its owner',
      'alter table notes no force row level security',
      { 'a table whose row-level security is off, or not for its owner': ['notes'] },
    ],
    [
      'no policy',
      'drop policy notes_of_tenant on notes',
      { 'a table without the policy for reading and writing': ['notes'] },
    ],
    [
      'a policy for reading only',
      `drop policy notes_of_tenant on notes; create policy notes_of_tenant on notes for select using (${sameTenant})`,
      {
        'a table without the policy for reading and writing': ['notes'],
        'another policy than that and the one by which the platform reads': ['notes.notes_of_tenant'],
      },
    ],
    [
      'a policy that does not say what may be written',
      `drop policy notes_of_tenant on notes; create policy notes_of_tenant on notes using (${sameTenant})`,
      {
        'a table without the policy for reading and writing': ['notes'],
        'another policy than that and the one by which the platform reads': ['notes.notes_of_tenant'],
      },
    ],
    [
      'a policy that lets everything be written',
      `alter policy notes_of_tenant on notes with check (${anyTenant})`,
      {
        'a table without the policy for reading and writing': ['notes'],
        'another policy than that and the one by which the platform reads': ['notes.notes_of_tenant'],
      },
    ],
    [
      'a second policy for everybody',
      `create policy notes_open on notes for select using (${anyTenant})`,
      { 'another policy than that and the one by which the platform reads': ['notes.notes_open'] },
    ],
    [
      'a second policy for the service',
      `create policy notes_open on notes to inbox_app using (${anyTenant})`,
      { 'another policy than that and the one by which the platform reads': ['notes.notes_open'] },
    ],
    [
      'a policy by which the platform writes',
      `create policy notes_open on notes for update to inbox_platform using (${anyTenant})`,
      { 'another policy than that and the one by which the platform reads': ['notes.notes_open'] },
    ],
    [
      'no policy by which the platform reads',
      'drop policy notes_for_platform on notes',
      { 'a table without the policy by which the platform reads': ['notes'] },
    ],
    [
      'a policy by which the platform does not read everything',
      `alter policy notes_for_platform on notes using (${sameTenant})`,
      {
        'a table without the policy by which the platform reads': ['notes'],
        'another policy than that and the one by which the platform reads': ['notes.notes_for_platform'],
      },
    ],
    [
      'a table that the platform reads for nothing',
      'grant select on notes to inbox_platform',
      {
        'a right of the platform that is not to read or to delete, or on what none of its functions names': [
          'notes.select',
        ],
      },
    ],
    [
      'a column that it reads for nothing',
      'grant select (title) on notes to inbox_platform',
      {
        'a right of the platform that is not to read or to delete, or on what none of its functions names': [
          'notes.select of title',
        ],
      },
    ],
    [
      'a table that the platform writes',
      'grant update on tenants to inbox_platform',
      {
        'a right of the platform that is not to read or to delete, or on what none of its functions names': [
          'tenants.update',
        ],
      },
    ],
    [
      'a view of its owner',
      'create view note_titles as select title from notes',
      { 'a view that looks with the eyes of its owner': ['note_titles'] },
    ],
    [
      'a view that keeps what its owner saw',
      'create materialized view note_titles as select title from notes',
      { 'a view that looks with the eyes of its owner': ['note_titles'] },
    ],
    [
      'a function of its owner',
      `create function all_notes() returns setof notes language sql security definer
        set search_path = public, pg_temp as 'select * from notes';
      revoke execute on function all_notes from public`,
      { 'a function that runs as its owner, if that is not the platform': ['all_notes'] },
    ],
    [
      'a function of the platform that everybody may call',
      `create function all_notes() returns setof notes language sql security definer
        set search_path = public, pg_temp as 'select * from notes';
      alter function all_notes owner to inbox_platform`,
      { 'a function that runs as its owner, if that is not the platform': ['all_notes'] },
    ],
  ];

  it.each(mistakes)('names %s', async (_mistake, change, faults) => {
    expect(await faultsAfter(`; ${change}`)).toEqual(faults);
  });

  it('can fail in each of its parts', () => {
    const shown = new Set(mistakes.flatMap(([, , faults]) => Object.keys(faults)));
    expect(shown).toEqual(new Set(FAULTS));
  });
});
