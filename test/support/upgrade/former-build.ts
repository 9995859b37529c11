import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const PROJECT = join(__dirname, '../../..');
const BUILDS = join(PROJECT, 'node_modules/.cache/former-builds');
const NEST = 'node_modules/@nestjs/cli/bin/nest.js';
const MIGRATION = /^\d+-[\w-]+\.ts$/;

/** The first version from which a rolling upgrade is promised. */
const FIRST = '63ab11fe6e8af95db1152db3ae60882c0a341d7f';

/** The build of the last commit before the newest migration, or FIRST if that is later: the release that an upgrade begins with. */
export interface FormerBuild {
  readonly commit: string;
  /** @param file as in `dist/src`, such as `main.js` */
  program(file: string): string;
}

/** null when Git cannot tell it, because this is no clone, or one without the history. */
export function formerCommit(): string | null {
  try {
    const committed = git('ls-tree', '--name-only', 'HEAD', 'migrations/').split('\n');
    const isNew = (name: string) => MIGRATION.test(name) && !committed.includes(`migrations/${name}`);
    if (readdirSync(join(PROJECT, 'migrations')).some(isNew)) return git('rev-parse', 'HEAD');
    const added = git('log', '-1', '--diff-filter=A', '--format=%H %P', '--', 'migrations/[0-9]*.ts');
    // The oldest commit of a shallow clone has no parents, and seems to add every file.
    const former = added.split(' ')[1] ?? null;
    return former !== null && git('merge-base', former, FIRST) === former ? FIRST : former;
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    return null;
  }
}

/** Builds it with the packages of this version. A build is kept, because it takes some ten seconds. */
export function buildFormer(commit: string): FormerBuild {
  const directory = join(BUILDS, commit);
  if (!existsSync(directory)) {
    mkdirSync(BUILDS, { recursive: true });
    const unfinished = mkdtempSync(join(BUILDS, 'unfinished-'));
    const archive = execFileSync('git', ['archive', commit], { cwd: PROJECT, maxBuffer: 1 << 30 });
    execFileSync('tar', ['-x'], { cwd: unfinished, input: archive });
    symlinkSync(join(PROJECT, 'node_modules'), join(unfinished, 'node_modules'));
    execFileSync(process.execPath, [NEST, 'build'], {
      cwd: unfinished,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    for (const kept of readdirSync(BUILDS).filter((name) => !name.startsWith('unfinished-')))
      rmSync(join(BUILDS, kept), { recursive: true });
    renameSync(unfinished, directory);
  }
  return { commit, program: (file) => join(directory, 'dist/src', file) };
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8' }).trim();
}
