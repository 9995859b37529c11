/**
 * The statements that give a table to the tenants: forced row-level security and the rights of the roles. Landed
 * migrations call this function, so what it returns never changes.
 */

/**
 * The tenant a transaction works for. After a COMMIT the setting is '' and not NULL, hence nullif: a statement
 * outside a tenant transaction sees nothing.
 */
const CURRENT_TENANT = `nullif(current_setting('app.tenant_id', true), '')::uuid`;

interface Rights {
  /** What the application may do with it, for example `select, insert`. Of the whole table: Citus knows no others. */
  readonly application: string;
  /** Whether inbox_platform may read it, for the functions that look across tenants. */
  readonly platformReads?: boolean;
}

/**
 * The policy of inbox_platform is on every table: who is a member of that role and may read a table as its owner, as the
 * owner of the schema is, sees all of it. That is what a dump needs.
 * @param table its name
 * @param key the column that holds the tenant
 */
export function isolateByTenant(table: string, rights: Rights, key = 'tenant_id'): string {
  return `
    alter table ${table} enable row level security;
    alter table ${table} force row level security;
    create policy ${table}_of_tenant on ${table}
      using (${key} = ${CURRENT_TENANT}) with check (${key} = ${CURRENT_TENANT});
    create policy ${table}_for_platform on ${table} for select to inbox_platform using (true);
    grant ${rights.application} on ${table} to inbox_app;
    ${rights.platformReads === true ? `grant select on ${table} to inbox_platform;` : ''}
  `;
}
