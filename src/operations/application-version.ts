import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface PackageFile {
  name: string;
  version: string;
}

/** The version in our package.json: above the started file, or where the process was started. */
export function applicationVersion(): string {
  return versionAbove(dirname(process.argv[1] ?? '.')) ?? versionAbove(process.cwd()) ?? 'unknown';
}

function versionAbove(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  const found = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as PackageFile) : undefined;
  if (found?.name === 'inbox-allocation-service') return found.version;
  return folder === dirname(folder) ? undefined : versionAbove(dirname(folder));
}
