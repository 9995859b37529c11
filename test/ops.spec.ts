import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { TestDatabase } from './support/database.js';
import { parsePromQl } from './support/promql.js';
import { Scrape } from './support/scrape.js';
import { ServiceProcess } from './support/service-process.js';
import { PLATFORM_KEY } from './support/settings.js';
import { until } from './support/until.js';

interface Rule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string };
}
interface Panel {
  id: number;
  type: string;
  title: string;
  datasource?: { uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; refId: string; legendFormat: string }[];
}
interface Dashboard {
  title: string;
  schemaVersion: number;
  templating: { list: { name: string; type: string; query: unknown }[] };
  panels: Panel[];
}

const ALERTS = parse(readFileSync('ops/prometheus-alerts.yml', 'utf8')) as {
  groups: { name: string; rules: Rule[] }[];
};
const RULES = ALERTS.groups.flatMap(({ rules }) => rules);
const DASHBOARD = JSON.parse(readFileSync('ops/grafana-dashboard.json', 'utf8')) as Dashboard;

/** What Prometheus adds to every scrape. */
const OF_PROMETHEUS = new Map([['up', ['job', 'instance']]]);
const EVERYWHERE = ['job', 'instance'];

/** As Grafana puts in its variables. */
const filledIn = (expr: string) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', '.*');

const EXPRESSIONS: [where: string, expr: string, legend: string][] = [
  ...RULES.map(({ alert, expr, annotations }): [string, string, string] => [
    alert,
    expr,
    annotations.summary,
  ]),
  ...DASHBOARD.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, refId, legendFormat }): [string, string, string] => [
      `${title} ${refId}`,
      filledIn(expr),
      legendFormat,
    ]),
  ),
];

let database: TestDatabase;
let service: ServiceProcess;
/** The labels of each metric that was scraped. */
let scraped: Map<string, string[]>;
let whole: Scrape;
beforeAll(async () => {
  database = await TestDatabase.create();
  service = await ServiceProcess.start(database.url, { GRACE_EXPIRY_INTERVAL_SECONDS: '1' });
  await traffic();
  whole = await Scrape.of(service);
  scraped = new Map(
    whole.samples.map(({ name }) => [
      name,
      [...new Set(whole.all(name).flatMap(({ labels }) => Object.keys(labels)))],
    ]),
  );
});
afterAll(async () => {
  await service.stop();
  await database.close();
});

/** A waiting conversation, and somebody who takes the next. */
async function traffic(): Promise<void> {
  const send = async (path: string, headers: Record<string, string>, body: object) => {
    const response = await fetch(`${service.url}/api/v1${path}`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as { tenant: { id: string }; admin: { id: string }; id: string };
  };
  const founded = await send(
    '/tenants',
    { Authorization: `Bearer ${PLATFORM_KEY}` },
    { name: 'T', admin: { name: 'A' } },
  );
  const admin = { 'X-Tenant-Id': founded.tenant.id, 'X-Operator-Id': founded.admin.id };
  const inbox = await send('/inboxes', admin, { name: 'Support' });
  const message = { externalConversationId: 'a', inboxId: inbox.id, customerPhoneNumber: '+4915112345678' };
  await send(
    '/orchestrator/messages',
    { 'X-Tenant-Id': founded.tenant.id, 'X-Service': 'orchestrator' },
    message,
  );
  await send('/allocation/allocate', admin, {});
  const ran = /inbox_job_run_duration_seconds_count\{name="deadline-expiry"\} [1-9]/;
  await until(async () => ran.test((await Scrape.of(service)).text));
}

/** Names that are not in the scrape, or labels that the metric does not have. */
function unknownIn(expr: string, legend = ''): string[] {
  const { selectors, labels } = parsePromQl(expr);
  const known = (metric: string) => OF_PROMETHEUS.get(metric) ?? scraped.get(metric);
  const ofSelectors = selectors.flatMap(({ metric, labels: asked }) => {
    const has = known(metric);
    if (has === undefined) return [metric];
    return asked
      .filter((label) => ![...has, ...EVERYWHERE].includes(label))
      .map((label) => `${metric}{${label}}`);
  });
  const anywhere = [...EVERYWHERE, ...selectors.flatMap(({ metric }) => known(metric) ?? [])];
  const shown = [...legend.matchAll(/\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}/g)].map(
    ([, label = '']) => label,
  );
  return [...ofSelectors, ...[...labels, ...shown].filter((label) => !anywhere.includes(label))];
}

describe('ops/', () => {
  it.each(EXPRESSIONS)('%s names only metrics that the service has', (_where, expr, legend) => {
    expect(unknownIn(expr, legend)).toEqual([]);
  });

  it('uses every metric of the service', () => {
    const asked = EXPRESSIONS.flatMap(([, expr]) => parsePromQl(expr).selectors.map(({ metric }) => metric));
    const own = [...whole.text.matchAll(/^# TYPE ((?:inbox|http)_\S+) /gm)].map(([, name = '']) => name);
    expect(own.length).toBeGreaterThan(20);
    expect(own.filter((name) => !asked.some((metric) => metric.startsWith(name)))).toEqual([]);
  });
});

describe('docs/metrics.md', () => {
  it('has every metric of the service with its description', () => {
    const [, table = ''] =
      /<!-- metrics: generated -->([\s\S]*?)<!-- \/metrics -->/.exec(
        readFileSync('docs/metrics.md', 'utf8'),
      ) ?? [];
    const told = table
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, name = '', type = '', labels = '', help = '']) => [name, type, labels, help]);
    const own = whole.described().filter(({ name }) => /^(inbox|http)_/.test(name));
    expect(told.sort()).toEqual(
      own
        .map(({ name, type, help }) => {
          const labels = scraped.get(name) ?? scraped.get(`${name}_count`) ?? ['it was not seen'];
          return [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help];
        })
        .sort(),
    );
  });
});

describe('ops/prometheus-alerts.yml', () => {
  it('has rules with a unique name, a severity and a summary', () => {
    expect(ALERTS.groups.map(({ name }) => name)).toEqual(['inbox-allocation']);
    expect(new Set(RULES.map(({ alert }) => alert)).size).toBe(RULES.length);
    for (const rule of RULES) {
      expect(rule).toEqual({
        alert: expect.stringMatching(/^Inbox[A-Za-z]+$/),
        expr: expect.any(String),
        ...(rule.for === undefined ? {} : { for: expect.stringMatching(/^\d+[smh]$/) }),
        labels: { severity: expect.stringMatching(/^(warning|critical)$/) },
        annotations: { summary: expect.stringMatching(/\.$/) },
      });
    }
  });

  it('has a line in ops/README.md for each', () => {
    const readme = readFileSync('ops/README.md', 'utf8');
    const told = [...readme.matchAll(/`(Inbox\w+)`/g)].map(([, name]) => name);
    expect([...new Set(told)].sort()).toEqual(RULES.map(({ alert }) => alert).sort());
  });
});

describe('ops/grafana-dashboard.json', () => {
  it('has a variable for the data source, which every panel uses', () => {
    expect(DASHBOARD.templating.list[0]).toMatchObject({
      name: 'datasource',
      type: 'datasource',
      query: 'prometheus',
    });
    const panels = DASHBOARD.panels.filter(({ type }) => type !== 'row');
    expect(panels.length).toBeGreaterThan(15);
    expect(panels.filter(({ datasource }) => datasource?.uid !== '${datasource}')).toEqual([]);
    expect(panels.filter(({ targets = [] }) => targets.length === 0)).toEqual([]);
    expect(DASHBOARD.schemaVersion).toBeGreaterThanOrEqual(36);
  });

  it('has panels that do not overlap', () => {
    const ids = DASHBOARD.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = DASHBOARD.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(DASHBOARD.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});

/** The labels that each aggregation of an expression keeps. */
const keptBy = (expr: string) =>
  [...expr.matchAll(/\b(?:sum|max|min|avg|count)\b(?:\s+by\s+\(([^)]*)\))?/g)].map(([, by = '']) =>
    by.split(', '),
  );

describe('every expression', () => {
  it.each(EXPRESSIONS)('%s keeps jobs apart', (_where, expr) => {
    expect(keptBy(expr).filter((labels) => !labels.includes('job'))).toEqual([]);
  });

  it('of an inbox shows names instead of ids', () => {
    const texts = EXPRESSIONS.map(([, , text]) => text);
    expect(texts.filter((text) => /\b(inbox|tenant)\s*\}\}/.test(text))).toEqual([]);
    expect(texts.filter((text) => /tenant_name.*inbox_name|inbox_name.*tenant_name/.test(text))).toHaveLength(
      3,
    );
  });

  it('of the dashboard shows which job it is of', () => {
    const legends = DASHBOARD.panels.flatMap(({ targets = [] }) => targets.map((each) => each.legendFormat));
    expect(legends.filter((legend) => !legend.includes('{{job}}'))).toEqual([]);
  });
});

describe('the check', () => {
  it('distinguishes metrics from labels, functions and keywords', () => {
    const expr =
      'histogram_quantile(0.9, sum by (le) (rate(a_bucket{x="y"}[5m]))) > on (z) group_left (v) b offset 1m or absent(c)';
    expect(parsePromQl(expr).selectors).toEqual([
      { metric: 'a_bucket', labels: ['x'] },
      { metric: 'b', labels: [] },
      { metric: 'c', labels: [] },
    ]);
    expect(parsePromQl(expr).labels.sort()).toEqual(['le', 'v', 'x', 'z']);
  });

  it.each(['sum(', 'rate(a[5m]', 'a >', '1 + 1'])('refuses %s', (expr) => {
    expect(() => parsePromQl(expr)).toThrow();
  });

  it('names metrics that the service does not have', () => {
    expect(unknownIn('rate(http_requests_total[5m])')).toEqual(['http_requests_total']);
    expect(unknownIn('http_requests_in_flight{route="x"}')).toEqual([
      'http_requests_in_flight{route}',
      'route',
    ]);
    expect(unknownIn('sum by (color) (http_requests_in_flight)', '{{ size }}')).toEqual(['color', 'size']);
  });
});
