import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PROJECT = join(__dirname, '..');
const WORKFLOWS = readdirSync(join(PROJECT, '.github/workflows')).map((name) => `.github/workflows/${name}`);

/** What a file fetches: each match of the pattern. */
function fetchedBy(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    [...readFileSync(join(PROJECT, file), 'utf8').matchAll(pattern)].map(([, what]) => what!),
  );
}

describe('what is fetched cannot be exchanged', () => {
  it('actions are pinned by commit, with the version as a comment', () => {
    const actions = fetchedBy(WORKFLOWS, /^\s*-? *uses: (.+)$/gm);
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('images are pinned by digest', () => {
    const stages = fetchedBy(['Dockerfile'], /^FROM .* AS (\w+)$/gm);
    const images = [
      ...fetchedBy(['Dockerfile'], /^FROM (\S+)/gm).filter((image) => !stages.includes(image)),
      ...fetchedBy(['docker-compose.yml', ...WORKFLOWS], /^\s*image: (\S+)$/gm),
    ];
    expect(images.length).toBeGreaterThan(1);
    for (const image of images) expect(image).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
  });

  it('pnpm is pinned by its hash', () => {
    const { packageManager } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
      packageManager: string;
    };
    expect(packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+\+sha512\.[0-9a-f]{128}$/);
  });
});
