import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { placeOf, spentIn } from '../bench/profile/functions.mjs';
import { ranBetween, summed, type Statement } from '../bench/profile/statements.mjs';
import type { Profile } from '../bench/profile/profiler.mjs';

const PROFILED = path.join(__dirname, 'support/profile/profiled.mjs');

describe('a profile of the bench', () => {
  it('finds statements, those inside of functions, and the busy function of a process', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [PROFILED], { timeout: 60_000 });
    const { found, texts } = JSON.parse(stdout) as { found: Profile[]; texts: string[] };
    expect(found.map(({ name }) => name)).toEqual(['P0, busy']);
    const [{ statements, functions, milliseconds }] = found as [Profile];
    const calls = statements.map(({ text, isInner, calls }) => ({ text, isInner, calls }));
    expect(calls).toContainEqual({ text: 'select twice($1)', isInner: false, calls: 20 });
    expect(calls).toContainEqual(
      expect.objectContaining({ text: expect.stringContaining('from pg_class'), isInner: true, calls: 20 }),
    );
    expect(calls.map(({ text }) => text).filter((text) => /warm_up|outside|another/.test(text))).toEqual([]);
    expect(milliseconds.callers).toBe(7);
    expect(functions[0]?.where).toMatch(/spinning\.mjs spin$/);
    expect(texts[0]).toMatch(/\| select twice\(\$1\) +\| 20 +\|/);
    expect(texts[0]).toMatch(/spinning\.mjs spin +\| \d+\.\d %/);
  }, 90_000);

  it('names a function by its file, and counts a package or a module of Node as one', () => {
    const at = (url: string, functionName = 'f') => placeOf({ url, functionName, lineNumber: 0 });
    expect(at('file:///srv/dist/src/allocation/allocate.js')).toBe('src/allocation/allocate.js f');
    expect(at('file:///srv/dist/src/main.js', '')).toBe('src/main.js (anonymous)');
    expect(at('file:///srv/node_modules/.pnpm/pg@8.1.0/node_modules/pg/lib/client.js')).toBe('pg');
    expect(at('file:///srv/node_modules/@nestjs/core/router.js')).toBe('@nestjs/core');
    expect(at('node:internal/streams/writable')).toBe('node:streams/writable');
    expect(at('', '(garbage collector)')).toBe('(garbage collector)');
    expect(at('', '')).toBe('(program)');
  });

  it('sums samples without the time in which nothing runs', () => {
    const node = (id: number, functionName: string) => ({
      id,
      callFrame: { functionName, url: '', lineNumber: 0 },
    });
    const profile = {
      nodes: [node(1, '(idle)'), node(2, 'writev'), node(3, 'writev'), node(4, '(program)')],
      samples: [1, 2, 3, 4, 2],
      timeDeltas: [900, 10, 20, 5, 30],
    };
    expect(spentIn([profile, profile])).toEqual([
      { where: 'writev', microseconds: 120 },
      { where: '(program)', microseconds: 10 },
    ]);
  });

  it('subtracts what statements took before, and counts the same statement once', () => {
    const statement = (text: string, calls: number, milliseconds: number): Statement => ({
      text,
      isInner: false,
      calls,
      milliseconds,
      planning: 0,
    });
    const before = new Map([
      ['1', statement('select a', 2, 10)],
      ['2', statement('select b', 5, 50)],
    ]);
    const after = new Map([
      ['1', statement('select a', 3, 14)],
      ['2', statement('select b', 5, 50)],
      ['3', statement('select a', 4, 2)],
    ]);
    const ran = ranBetween(before, after);
    expect(ran).toHaveLength(2);
    expect(summed(ran)).toEqual([statement('select a', 5, 6)]);
  });
});
