// @ts-check
// Compares the p95 of requests in a deep and in a shallow database.
import { operatorId, tenantId } from './ids.mjs';
import { request } from './load.mjs';
import { interleaved } from './pairs.mjs';
import { ratioRow } from './rows.mjs';
import { token, withService } from './service.mjs';
import { quantile } from './statistics.mjs';

const TENANTS = 20;
const CALLERS = 2;
/**
 * A session pays for each page of the shared memory that it touches for the first time, twice what a search costs it later.
 * A service runs for days, so these are not counted.
 */
const WARM_UPS = 3;

/** @typedef {{ data?: unknown[], operators?: unknown[], place?: number }} Body what is looked at of a response */
/** @typedef {{ tenant: number, number: number }} Subject a tenant and the number of a conversation of theirs */
/**
 * The bar is for pages that have as many rows in both databases, because each row is read, scored and sent. Pages that
 * `differ` are reported without a bar. They come after the others of their kind, whose pages of the database are cold.
 * @typedef {object} Kind
 * @property {(tenant: number) => string} who
 * @property {(subject: Subject) => string} path
 * @property {boolean} [differ]
 * @property {(body: Body) => boolean} [holds] whether a body has what was asked for; a list has rows
 */

/** @param {number} tenant */
export function someOperator(tenant) {
  return operatorId(tenant, 1 + Math.floor(Math.random() * 64));
}

/**
 * @param {import('./context.mjs').Context} context
 * @param {{ id: string, of: string, kinds: Record<string, Kind> }} what the row of the table, what it compares, and the
 * requests
 * @returns {Promise<import('./context.mjs').Row[]>} one row, of the worst kind
 */
export async function atDepth(context, { id, of, kinds: requested }) {
  const { plan, server, stop } = context;
  const deep = await server.world(plan.depths.large, TENANTS);
  const shallow = await server.world(plan.depths.small, TENANTS);
  return withService(deep, stop, {}, (ofDeep) =>
    withService(shallow, stop, {}, async (ofShallow) => {
      /** @type {Record<string, Awaited<ReturnType<typeof interleaved>>>} */
      const kinds = {};
      for (const [name, kind] of Object.entries(requested)) {
        const measure = () => ofShallow.frozen(() => responses(context, ofDeep, deep, id, kind));
        const refer = () => ofDeep.frozen(() => responses(context, ofShallow, shallow, id, kind));
        for (let turn = 0; turn < WARM_UPS; turn++) {
          await measure();
          await refer();
        }
        kinds[name] = await interleaved(context, `${id}, ${name}`, measure, refer, { of: ({ p95 }) => p95 });
      }
      const compared = Object.entries(kinds).filter(([name]) => requested[name]?.differ !== true);
      const [[name = '', worst] = []] = compared.sort(([, a], [, b]) => b.ratio.median - a.ratio.median);
      if (worst === undefined) throw new Error('nothing was measured');
      const [deeper, less] = [deep, shallow].map(({ depth }) => depth.toLocaleString('en'));
      const ms = (/** @type {{ median: number }} */ { median }) => `${median.toFixed(1)} ms`;
      const others = Object.entries(kinds).filter(([name]) => requested[name]?.differ === true);
      const withoutBar = others.map(
        ([name, { ratio, measured, reference }]) =>
          `. Without a bar, ${name}, with more rows: ${ratio.median.toFixed(2)} ×, ${ms(measured)}; shallow ${ms(reference)}`,
      );
      return [
        ratioRow(
          {
            id,
            what: `${of}, p95 at ${deeper}, of ${less}; the worst of ${compared.length}`,
            measured: `${name}: ${ms(worst.measured)}; shallow ${ms(worst.reference)}${withoutBar.join('')}`,
            bar: { atMost: 1.5 },
            details: { ratio: worst.ratio, kinds },
          },
          'times',
        ),
      ];
    }),
  );
}

/**
 * @param {import('./context.mjs').Context} context
 * @param {import('./service.mjs').Service} service @param {import('./server.mjs').World} world
 * @param {string} where
 * @param {Kind} kind
 */
async function responses({ plan, load, findings }, service, world, where, { who, path, holds = hasRows }) {
  const one = () => {
    const tenant = 1 + Math.floor(Math.random() * TENANTS);
    const number = TENANTS * (1 + Math.floor(Math.random() * (world.depth / TENANTS - 2))) + tenant - 1;
    return request('GET', path({ tenant, number }), token(tenantId(tenant), who(tenant)));
  };
  const requests = Array.from({ length: CALLERS }, () => Array.from({ length: plan.pages / CALLERS }, one));
  const done = await load.run({ port: service.port, requests, inOrder: true, keepBodies: true });
  /** @type {number[]} */
  const rows = [];
  for (const { status, body } of done.responses) {
    /** @type {Body} */
    const given = status === 200 ? JSON.parse(body) : {};
    rows.push(given.data?.length ?? 0);
    findings.violation(holds(given) ? 0 : 1, `a response of ${status} without what was asked for`, where);
  }
  const rowsOfAPage = quantile(rows, 0.5);
  return { p50: quantile(done.latencies, 0.5), p95: quantile(done.latencies, 0.95), rows: rowsOfAPage };
}

/** @param {Body} body */
function hasRows({ data = [] }) {
  return data.length > 0;
}
