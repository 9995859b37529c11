import { reasonNotToMigrate, type SchemaState } from './schema-state.js';

export function isUpToDate(state: SchemaState): boolean {
  const { pending, unknown, earlier, missingFiles, changedFiles, unknownFiles } = state;
  const lists = [pending, unknown, missingFiles, changedFiles, unknownFiles];
  return earlier === 0 && lists.every((names) => names.length === 0);
}

/** Describes what the database has of this build, in lines for a terminal. */
export function describeState(state: SchemaState): string[] {
  const { applied, pending, earlier, missingFiles, changedFiles, unknownFiles } = state;
  const lines = [
    ...applied.map((name) => `[x] ${name}`),
    ...(earlier > 0 ? [] : pending.map((name) => `[ ] ${name}`)),
    ...missingFiles.map((name) => `[ ] ${name}.sql`),
    ...changedFiles.map((name) => `[ ] ${name}.sql, which has changed`),
    ...unknownFiles.map((name) => `[ ] ${name}, which no longer has a file`),
  ];
  return [...lines, reasonNotToMigrate(state) ?? verdict(state)];
}

function verdict(state: SchemaState): string {
  if (isUpToDate(state)) return 'The schema is up to date.';
  return state.earlier > 0
    ? 'The database was created before the first release. Run db:run to adopt it.'
    : 'The database is not up to date. Run db:run to update it.';
}
