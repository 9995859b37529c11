import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface PackageFile {
  name: string;
  version: string;
}

/** What `scripts/write-commit.mjs` leaves behind when the service is built. */
const COMMIT_FILE = 'dist/commit';

/** The version in our package.json: above the started file, or where the process was started. */
export function applicationVersion(): string {
  return project()?.version ?? 'unknown';
}

/** The commit that was built, with `-dirty` when files of it had been changed; null when the build could not tell. */
export function builtCommit(): string | null {
  const found = project();
  return found === undefined ? null : (textOf(join(found.folder, COMMIT_FILE))?.trim() ?? null);
}

/** Where our package.json is, and beside it `dist`. */
export function projectFolder(): string {
  return project()?.folder ?? process.cwd();
}

function project() {
  return projectAbove(dirname(process.argv[1] ?? '.')) ?? projectAbove(process.cwd());
}

function projectAbove(folder: string): { folder: string; version: string } | undefined {
  const { name, version } = JSON.parse(textOf(join(folder, 'package.json')) ?? '{}') as Partial<PackageFile>;
  if (name === 'inbox-allocation-service' && version !== undefined) return { folder, version };
  return folder === dirname(folder) ? undefined : projectAbove(dirname(folder));
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
