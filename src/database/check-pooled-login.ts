import type { DataSource } from 'typeorm';

interface Login {
  name: string;
  is_unbound: boolean;
  is_owner: boolean;
}

/**
 * A pooler passes no settings on, so they have to come with the login; and it opens connections that nobody looks at
 * before a transaction runs there. So the login itself must be harmless, and have every setting.
 * @throws an Error with the SQL that puts it right
 */
export async function checkPooledLogin(source: DataSource, wanted: Record<string, string>): Promise<void> {
  const [login] = await source.query<Login[]>(
    `select rolname as name, rolsuper or rolbypassrls as is_unbound, exists (
        select from pg_class
        where relnamespace = 'public'::regnamespace and pg_has_role(session_user, relowner, 'member')
      ) as is_owner
    from pg_roles where rolname = session_user`,
  );
  if (login === undefined || login.is_unbound || login.is_owner) {
    throw new Error(
      'with DATABASE_POOLER=transaction the user of DATABASE_URL must be one that row-level security binds and ' +
        'that owns no table: make one with ops/service-login.sql',
    );
  }
  const lines = (await differing(source, wanted)).map(([name, value]) => alterRole(login.name, name, value));
  if (lines.length > 0) {
    throw new Error(
      [
        'the sessions of the pooler lack settings; run this as an administrator of the database, then let the pooler ' +
          'connect anew (PgBouncer: RECONNECT):',
        ...lines,
      ].join('\n  '),
    );
  }
}

/** The settings that this session has otherwise. */
async function differing(source: DataSource, wanted: Record<string, string>): Promise<[string, string][]> {
  const rows = await source.query<{ name: string; value: string }[]>(
    // The view gives plain numbers, in the unit of the setting, but not the role.
    `select name, coalesce((select setting from pg_settings s where s.name = n.name), current_setting(name)) as value
    from unnest($1::text[]) as n (name)`,
    [Object.keys(wanted)],
  );
  const found = new Map(rows.map(({ name, value }) => [name, value]));
  return Object.entries(wanted).filter(([name, value]) => found.get(name) !== value);
}

function alterRole(login: string, name: string, value: string): string {
  const user = `"${login.replaceAll('"', '""')}"`;
  const grant = name === 'role' ? `grant ${value} to ${user}; ` : '';
  return `${grant}alter role ${user} set ${name} = '${value}';`;
}
