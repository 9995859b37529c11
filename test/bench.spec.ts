import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { lineChart } from '../bench/chart.mjs';
import { between } from '../bench/docs.mjs';
import { readBenchOptions, SCENARIOS } from '../bench/options.mjs';
import { ResponseParser } from '../bench/response-parser.mjs';
import { pairedRatio, quantile, summary } from '../bench/statistics.mjs';
import { meets, table } from '../bench/table.mjs';

/** Modules of the built service that the bench and the scripts load by a path in a text, which no compiler checks. */
it('the bench and the scripts name modules of the service that exist', () => {
  const root = path.join(__dirname, '..');
  const files = ['bench', 'scripts'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.mjs'))
      .map((name) => path.join(folder, name)),
  );
  const named = files.flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(/dist\/(src\/[\w/.-]+)\.js/g)].map(
      ([, module]) => ({ file, source: `${module}.ts` }),
    ),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ source }) => !existsSync(path.join(root, source)))).toEqual([]);
});

describe('the bench', () => {
  describe('reads its command line', () => {
    it('runs every scenario by default', () => {
      const options = readBenchOptions([]);
      expect([...options!.only]).toEqual(SCENARIOS);
      expect(options).toMatchObject({ quick: false, repeats: null, out: null, writeDocs: false });
    });

    it('accepts names in upper or lower case and runs them in its own order', () => {
      expect([...readBenchOptions(['--', '--only=p4,P1', '--repeats', '5'])!.only]).toEqual(['P1', 'P4']);
    });

    it.each([
      [['--only', 'P77'], 'there is no P77'],
      [['--only'], "Option '--only <value>' argument missing"],
      [['--repeats', '0'], '--repeats should be a whole number from 1 to 100, not "0"'],
      [['--fast'], "Unknown option '--fast'"],
      [['--write-docs', '--only', 'P1'], '--write-docs takes a run of everything'],
    ])('refuses %j, with the reason and the usage', (args, reason) => {
      expect(() => readBenchOptions(args)).toThrow(
        expect.objectContaining({
          message: expect.stringMatching(/^[^\n]+\n\nusage: pnpm run bench /),
          exitCode: 2,
        }),
      );
      expect(() => readBenchOptions(args)).toThrow(reason);
    });
  });

  describe('counts', () => {
    it('interpolates between samples in any order', () => {
      expect(quantile([40, 10, 30, 20], 0.5)).toBe(25);
      expect(quantile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8);
      expect(quantile([7], 0.95)).toBe(7);
      expect(() => quantile([], 0.5)).toThrow('no samples');
    });

    it('sorts numbers as numbers', () => {
      expect(summary([10, 9, 100])).toEqual({ median: 10, min: 9, max: 100, samples: [10, 9, 100] });
    });

    it('computes the ratio of each pair, not of the medians', () => {
      expect(pairedRatio([10, 60, 30], [10, 30, 100])).toMatchObject({ median: 1, min: 0.3, max: 2 });
      expect(() => pairedRatio([1, 2], [1])).toThrow('every sample needs its reference');
    });
  });

  describe('parses responses', () => {
    const response = (body: string) =>
      `HTTP/1.1 200 OK\r\nX-Thing: 1\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

    it('in chunks of any size', () => {
      const bytes = Buffer.from(response('{"name":"Zoë"}') + response('') + response('{"b":2}'));
      for (let size = 1; size <= bytes.length; size++) {
        const got: [number, string][] = [];
        const parser = new ResponseParser((status, body) => got.push([status, body]));
        for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
        expect(got).toEqual([
          [200, '{"name":"Zoë"}'],
          [200, ''],
          [200, '{"b":2}'],
        ]);
      }
    });

    it('and throws on invalid ones', () => {
      const parser = new ResponseParser(() => undefined);
      expect(() => parser.push(Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'))).toThrow(
        'without Content-Length',
      );
    });
  });

  describe('writes', () => {
    const row = {
      id: 'P1',
      what: 'HTTP allocate, of L',
      measured: '2,600/s; L = 4,300/s',
      value: 0.604,
      min: 0.58,
      max: 0.63,
      unit: 'share' as const,
      bar: { atLeast: 0.5 },
      details: null,
    };

    it('a table that shows which figures met their bar', () => {
      const slow = { ...row, id: 'P7', unit: 'times' as const, value: 1.61, bar: { atMost: 1.5 } };
      const nearly = {
        ...row,
        id: 'P5',
        unit: 'exact' as const,
        value: 0.99999,
        min: null,
        bar: { atLeast: 1 },
      };
      const unknown = { ...row, id: 'P9', value: null, min: null };
      const cells = table([row, slow, nearly, unknown])
        .split('\n')
        .slice(2)
        .map((line) => line.split('|').map((cell) => cell.trim()));
      expect(cells.map((line) => line.slice(3, 7))).toEqual([
        ['60 %', '58 % – 63 %', '≥ 50 %', 'met'],
        ['1.61 ×', '0.58 × – 0.63 ×', '≤ 1.50 ×', '**missed**'],
        ['99.999 %', '', '≥ 100 %', '**missed**'],
        ['–', '', '≥ 50 %', ''],
      ]);
      expect([row, slow, nearly, unknown].map(meets)).toEqual([true, false, false, null]);
    });

    it('only between the markers of a page', () => {
      const begin = '<!-- results: written by pnpm run bench --write-docs -->';
      const page = `before\n${begin}\nold\n<!-- /results -->\nafter\n`;
      const once = between(page, 'new');
      expect(once).toBe(`before\n${begin}\n\nnew\n\n<!-- /results -->\nafter\n`);
      expect(between(once, 'new')).toBe(once);
      expect(() => between('no markers', 'new')).toThrow('lacks');
    });

    it('a chart with every point inside, in the order of its value', () => {
      const svg = lineChart({
        title: 'a < b & "c"',
        x: 'callers',
        y: 'per second',
        series: [
          {
            name: 'rising',
            points: [
              [1, 100],
              [8, 400],
              [64, 900],
            ],
          },
        ],
      });
      expect(svg).toContain('a &lt; b &amp; &quot;c&quot;');
      // Its circles have a radius of 1 and are drawn larger and in their places.
      const drawn = [
        ...svg.matchAll(/transform="matrix\(([\d.]+),0,0,\1,([\d.]+),([\d.]+)\)" fill="#1f6feb"/g),
      ].map(([, , x, y]) => [Number(x), Number(y)]);
      expect(drawn).toHaveLength(3);
      const [[x1, y1], [x2, y2], [x3, y3]] = drawn as [[number, number], [number, number], [number, number]];
      // On a logarithmic axis 8 lies half way between 1 and 64.
      expect(x2 - x1).toBeCloseTo(x3 - x2, 0);
      expect(y1).toBeGreaterThan(y2);
      expect(y2).toBeGreaterThan(y3);
      expect(Math.max(x3, y1)).toBeLessThan(760);
    });
  });
});
