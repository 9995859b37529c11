/** One line that says why the database cannot be used, without its address or password. */
export function databaseProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  // For a name with several addresses Node throws an error with an empty message.
  const message = error.message !== '' ? error.message : code;
  if (['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN', 'EHOSTUNREACH'].includes(code)) {
    return `the database is not reachable: ${message} (check DATABASE_URL)`;
  }
  if (code === '28P01' || code === '28000')
    return `the database refuses the user: ${message} (check DATABASE_URL)`;
  if (code === '3D000') return `the database does not exist: ${message} (check DATABASE_URL)`;
  if (code === '08P01' && message.includes('startup parameter'))
    return `a pooler is in front of the database: ${message} (set DATABASE_POOLER=transaction)`;
  if (code === '42501' && message.includes('set role'))
    return `the user of DATABASE_URL is not in the role of the service: ${message} (run db:run to add it)`;
  if (code === '42501') return `the user may not do this: ${message} (docs/database.md, "Roles and rights")`;
  if ((code === '22023' || code === '42704') && /\brole\b/.test(message))
    return `the role of the service is missing: ${message} (run the migrations)`;
  return message;
}
