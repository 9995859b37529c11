import fc from 'fast-check';
import type { TestApplication } from '../application.js';
import { nameOf, type Route } from '../openapi.js';
import { raw, type RawResponse } from '../raw.js';
import { until } from '../until.js';
import { mentionedIn, wrongWith } from './responses.js';
import { plantings } from './bend-body.js';
import { bendsOf } from './bends.js';
import { entitled, plainDrafts, written, type Draft } from './draft.js';
import { FuzzedTenant } from './fuzzed-tenant.js';
import { report } from './report.js';
import { isAnyBulkRunning, stampsOf } from './rows.js';

/** The tenant is restored after this number of requests. */
const WORN_OUT_AFTER = 40;

/** The test fails after this number of rounds without a success. */
const PATIENCE = 60;

/** Sends requests to one of two tenants and checks every response. */
export class Fuzzer {
  /** The number of responses by the first digit of their status. */
  readonly responses = new Map<number, number>();
  /** Ids of one tenant that the other stored as texts and may return. */
  private readonly mentioned = new Set<string>();
  private requests = 0;
  private stamps: string[] = [];

  private constructor(
    private readonly app: TestApplication,
    private readonly own: FuzzedTenant,
    private readonly foreign: FuzzedTenant,
  ) {}

  static async on(app: TestApplication): Promise<Fuzzer> {
    const own = await FuzzedTenant.create(app, 'mango', '1111');
    const foreign = await FuzzedTenant.create(app, 'zebra', '2222');
    return new Fuzzer(app, own, foreign);
  }

  /** Sends valid and invalid requests to the route. @throws an Error with the smallest failing request */
  async fuzz(route: Route, seed: number, requests: number): Promise<void> {
    const plain = plainDrafts(route);
    const bent = fc.tuple(plain, bendsOf(route)).map(([draft, bend]) => bend(draft));
    const drafts = fc.oneof({ weight: 1, arbitrary: plain }, { weight: 2, arbitrary: bent });
    await this.check(route, seed, requests, drafts);
  }

  /** Sends valid requests with one extra field. */
  async plant(route: Route, seed: number, requests: number): Promise<void> {
    const drafts = fc
      .tuple(plainDrafts(route, entitled(route)), plantings)
      .map(([draft, bend]) => ({ ...bend(draft), isPlain: false }));
    await this.check(route, seed, requests, drafts);
  }

  /**
   * Sends valid requests of permitted callers until one succeeds.
   * @returns the share of successes in the last round, from 0 to 1
   */
  async wish(route: Route, seed: number, requests: number): Promise<number> {
    const wishes = plainDrafts(route, entitled(route));
    for (let i = 0; i < PATIENCE; i++) {
      if (i > 0) await this.putRight();
      let granted = 0;
      for (const wish of fc.sample(wishes, { seed: seed + i, numRuns: requests }))
        if ((await this.send(wish)).status < 300) granted++;
      if (granted > 0) return granted / requests;
    }
    return 0;
  }

  private async check(
    route: Route,
    seed: number,
    numRuns: number,
    drafts: fc.Arbitrary<Draft>,
  ): Promise<void> {
    const property = fc.asyncProperty(drafts, async (draft) => {
      await this.send(draft);
    });
    const { failed, errorInstance, numShrinks } = await fc.check(property, { seed, numRuns });
    if (!failed) return;
    const shown = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
    const repeat = `TEST_SEED=${seed} npm test -- fuzz.spec -t '${nameOf(route)}'`;
    throw new Error(`${shown}\n\n(made smaller ${numShrinks} times) Repeat it: ${repeat}`);
  }

  /** Sends a request. @throws an Error with the request and the faults of the response */
  private async send(draft: Draft): Promise<RawResponse> {
    if (this.requests++ % WORN_OUT_AFTER === 0) await this.putRight();
    const sent = written(draft, { own: this.own, foreign: this.foreign });
    const response = await raw(this.app.url, { ...sent, headers: {}, moreHeaders: sent.headers });
    const digit = Math.floor(response.status / 100);
    this.responses.set(digit, (this.responses.get(digit) ?? 0) + 1);
    // A bulk goes on in the background. What it changes belongs to the request that started it.
    if (response.status === 202) await until(async () => !(await isAnyBulkRunning(this.app.database)));
    const [callers, others] =
      draft.caller === 'STRANGER' ? [this.foreign, this.own] : [this.own, this.foreign];
    const secrets = others.secretsBefore(draft.caller).filter((secret) => !this.mentioned.has(secret));
    const wrong = wrongWith(draft, sent, response, secrets);
    wrong.push(...(await this.wrongChanges(draft, response)));
    if (wrong.length > 0) throw new Error(report(this.app.url, sent, response, wrong));
    if (response.status < 300) {
      for (const secret of mentionedIn(sent, secrets)) this.mentioned.add(secret);
      if (draft.caller !== 'PLATFORM') callers.pool.learn(draft.route, response.body);
    }
    return response;
  }

  /** Refused and reading requests change nothing. No request changes another tenant. */
  private async wrongChanges({ caller, method }: Draft, { status }: RawResponse): Promise<string[]> {
    const before = this.stamps;
    this.stamps = await this.stampsNow();
    const [own, foreign] = this.stamps.map((stamp, i) => stamp !== before[i]);
    const mayChange = status < 300 && !['GET', 'HEAD'].includes(method);
    const isStranger = caller === 'STRANGER';
    return [
      ...(own === true && (!mayChange || isStranger) ? ['it changed rows of the tenant'] : []),
      ...(foreign === true && (!mayChange || !isStranger) ? ['it changed rows of the other tenant'] : []),
    ];
  }

  private async putRight(): Promise<void> {
    await this.own.refresh();
    this.stamps = await this.stampsNow();
  }

  private stampsNow(): Promise<string[]> {
    return stampsOf(this.app.database, [this.own.world.tenantId, this.foreign.world.tenantId]);
  }
}
