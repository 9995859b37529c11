/** Runs a statement and returns its rows. */
export type Query = (text: string) => Promise<unknown>;

const OLDEST = 150_000;

/** @throws Error with one line when the server is too old */
export async function checkServerVersion(query: Query): Promise<void> {
  const [server] = (await query(
    `select current_setting('server_version') as version, current_setting('server_version_num')::integer as number`,
  )) as { version: string; number: number }[];
  if (server === undefined || server.number < OLDEST)
    throw new Error(`PostgreSQL ${server?.version ?? '(unknown)'} is too old: 15 or newer is needed`);
}
