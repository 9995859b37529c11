import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(__dirname, '..');
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'ops/README.md'],
  ...['docs', 'docs/adr'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

describe.each(PAGES)('%s', (page) => {
  it('has no broken link', () => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const local = links.filter((link) => !/^https?:/.test(link));
    const broken = local.filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : relative(ROOT, join(ROOT, dirname(page), file));
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only files that exist', () => {
    const named = [...read(page).matchAll(/`((?:src|test|scripts|migrations|ops|docs|bench)\/[\w./-]+)`/g)];
    expect(named.map(([, file = '']) => file).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('starts with its one title', () => {
    const text = read(page).replace(/```[\s\S]*?```/g, '');
    expect(text.startsWith('# ')).toBe(true);
    expect(text.match(/^# /gm)).toHaveLength(1);
  });
});

it('the README fits on 150 lines, every other page on 200', () => {
  const lines = PAGES.map((page) => [page, read(page).split('\n').length - 1] as const);
  const long = lines.filter(([page, count]) => count > (page === 'README.md' ? 150 : 200));
  expect(long).toEqual([]);
});
