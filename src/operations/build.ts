import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface PackageFile {
  name: string;
  version: string;
}

/** The file that `scripts/write-commit.mjs` writes when the service is built. */
const COMMIT_FILE = 'dist/commit';

/** The version in our package.json, found above the started file or in the working directory. */
export function applicationVersion(): string {
  return project()?.version ?? 'unknown';
}

/** The commit of the build, with `-dirty` when files had been changed; null when the build did not know it. */
export function builtCommit(): string | null {
  const found = project();
  return found === undefined ? null : (textOf(join(found.folder, COMMIT_FILE))?.trim() ?? null);
}

/** The folder of our package.json and of `dist`. */
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
