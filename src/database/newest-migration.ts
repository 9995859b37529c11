import { MIGRATIONS } from './migrations.js';

/** The name of the newest migration this code knows, as the table `migrations` has it when it has run. */
export function newestMigration(): string | undefined {
  return MIGRATIONS.at(-1)?.name;
}
