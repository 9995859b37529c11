/**
 * The statements that give a table to the tenants: forced row-level security and the rights of the
 * application's role. Landed migrations call these functions, so what they return never changes.
 */

/**
 * The tenant a transaction works for. After a COMMIT the setting is '' and not NULL, hence nullif: a statement
 * outside a tenant transaction sees nothing.
 */
const CURRENT_TENANT = `nullif(current_setting('app.tenant_id', true), '')::uuid`;

/**
 * @param table its name
 * @param rights what the application may do with it, for example `select, insert`
 * @param key the column that holds the tenant
 */
export function isolateByTenant(table: string, rights: string, key = 'tenant_id'): string {
  return `
    alter table ${table} enable row level security;
    alter table ${table} force row level security;
    create policy ${table}_of_tenant on ${table}
      using (${key} = ${CURRENT_TENANT}) with check (${key} = ${CURRENT_TENANT});
    grant ${rights} on ${table} to inbox_app;
  `;
}
