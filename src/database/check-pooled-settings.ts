import type { DataSource } from 'typeorm';
import { literal, quoted } from './roles.js';

/**
 * A pooler does not pass on the settings of a connection, so they must belong to the login. db:run gives them to the
 * login that it creates.
 * @throws Error with the SQL that sets them
 */
export async function checkPooledSettings(
  source: DataSource,
  login: string,
  wanted: Record<string, string>,
): Promise<void> {
  const lines = (await differing(source, wanted)).map(([name, value]) => alterRole(login, name, value));
  if (lines.length > 0) {
    throw new Error(
      [
        'the sessions of the pooler lack settings. Run this as an administrator of the database, then make the pooler ' +
          'reconnect (PgBouncer: RECONNECT):',
        ...lines,
      ].join('\n  '),
    );
  }
}

/** The settings whose values differ in this session. */
async function differing(source: DataSource, wanted: Record<string, string>): Promise<[string, string][]> {
  const rows = await source.query<{ name: string; value: string | null }[]>(
    // The view gives plain numbers in the unit of the setting, but it does not contain the role, nor what is not set.
    `select name, coalesce((select setting from pg_settings s where s.name = n.name), current_setting(name, true)) as value
    from unnest($1::text[]) as n (name)`,
    [Object.keys(wanted)],
  );
  const found = new Map(rows.map(({ name, value }) => [name, value]));
  return Object.entries(wanted).filter(([name, value]) => found.get(name) !== value);
}

function alterRole(login: string, name: string, value: string): string {
  const grant = name === 'role' ? `grant ${value} to ${quoted(login)}; ` : '';
  return `${grant}alter role ${quoted(login)} set ${name} = ${literal(value)};`;
}
