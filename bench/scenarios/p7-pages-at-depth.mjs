// @ts-check
// P7: compares the p95 of the first page of lists and searches in a deep and in a shallow database.
import { adminId, customerNumber, operatorId, tenantId } from '../ids.mjs';
import { request } from '../load.mjs';
import { interleaved } from '../pairs.mjs';
import { ratioRow } from '../rows.mjs';
import { token, withService } from '../service.mjs';
import { quantile } from '../statistics.mjs';

const TENANTS = 20;
const CALLERS = 2;

/** @typedef {{ tenant: number, number: number }} Subject a tenant and the number of a conversation of theirs */
/**
 * The bar is for pages that have as many rows in both databases, because each row is read, scored and sent. Pages that
 * `differ` are reported without a bar. They come after the others of their kind, whose pages of the database are cold.
 * @typedef {{ who: typeof adminId, path: (subject: Subject) => string, differ?: boolean }} Kind
 */
/** @type {Record<string, Kind>} */
const KINDS = {
  'newest of the tenant': { who: adminId, path: () => '/conversations' },
  'priority of the tenant': { who: adminId, path: () => '/conversations?sort=priority' },
  'newest an OPERATOR sees': { who: someOperator, path: () => '/conversations' },
  'own queue of an OPERATOR': { who: someOperator, path: () => '/allocation/queue' },
  'search by phone number': {
    who: adminId,
    path: ({ number }) => `/conversations/search?phoneNumber=${encodeURIComponent(customerNumber(number))}`,
  },
  // In the deep database 65 conversations of a tenant have them, in the shallow one a single one.
  'search by the last four digits, one row': {
    who: adminId,
    path: ({ number }) => `/conversations/search?q=${customerNumber(number).slice(-4)}&limit=1`,
  },
  'search by the last four digits': {
    who: adminId,
    path: ({ number }) => `/conversations/search?q=${customerNumber(number).slice(-4)}`,
    differ: true,
  },
  'search by the last seven digits': {
    who: adminId,
    path: ({ number }) => `/conversations/search?q=${customerNumber(number).slice(-7)}`,
  },
  'search by a part of the thread': {
    who: adminId,
    path: ({ number }) => `/conversations/search?q=READ-${number}`,
  },
  'search by what all have': { who: adminId, path: () => '/conversations/search?q=4915' },
  'search by what all have, an OPERATOR': {
    who: someOperator,
    path: () => '/conversations/search?q=4915',
  },
  'by externalConversationId': {
    who: adminId,
    path: ({ number }) => `/conversations?externalConversationId=thread-${number}`,
  },
};

/** @param {number} tenant */
function someOperator(tenant) {
  return operatorId(tenant, 1 + Math.floor(Math.random() * 64));
}

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p7(context) {
  const { plan, server, stop } = context;
  const deep = await server.world(plan.depths.large, TENANTS);
  const shallow = await server.world(plan.depths.small, TENANTS);
  return withService(deep, stop, {}, (ofDeep) =>
    withService(shallow, stop, {}, async (ofShallow) => {
      /** @type {Record<string, Awaited<ReturnType<typeof interleaved>>>} */
      const kinds = {};
      for (const [name, kind] of Object.entries(KINDS)) {
        const measure = () => ofShallow.frozen(() => pages(context, ofDeep, deep, kind));
        const refer = () => ofDeep.frozen(() => pages(context, ofShallow, shallow, kind));
        await measure();
        await refer();
        kinds[name] = await interleaved(context, `P7, ${name}`, measure, refer, { of: ({ p95 }) => p95 });
      }
      const compared = Object.entries(kinds).filter(([name]) => KINDS[name]?.differ !== true);
      const [[name = '', worst] = []] = compared.sort(([, a], [, b]) => b.ratio.median - a.ratio.median);
      if (worst === undefined) throw new Error('nothing was measured');
      const [deeper, less] = [deep, shallow].map(({ depth }) => depth.toLocaleString('en'));
      const ms = (/** @type {{ median: number }} */ { median }) => `${median.toFixed(1)} ms`;
      const others = Object.entries(kinds).filter(([name]) => KINDS[name]?.differ === true);
      const withoutBar = others.map(
        ([name, { ratio, measured, reference }]) =>
          `. Without a bar, ${name}, with more rows: ${ratio.median.toFixed(2)} ×, ${ms(measured)}; shallow ${ms(reference)}`,
      );
      return [
        ratioRow(
          {
            id: 'P7',
            what: `List and search, first page, p95 at ${deeper}, of ${less}; the worst of ${compared.length}`,
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
 * @param {import('../context.mjs').Context} context
 * @param {import('../service.mjs').Service} service @param {import('../server.mjs').World} world
 * @param {Kind} kind
 */
async function pages({ plan, load, findings }, service, world, { who, path }) {
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
    const page = status === 200 ? JSON.parse(body) : {};
    rows.push(page.data?.length ?? 0);
    const found = rows.at(-1) !== 0;
    findings.violation(found ? 0 : 1, `a page of ${status} ${found ? '' : 'without anything'}`, 'P7');
  }
  const rowsOfAPage = quantile(rows, 0.5);
  return { p50: quantile(done.latencies, 0.5), p95: quantile(done.latencies, 0.95), rows: rowsOfAPage };
}
