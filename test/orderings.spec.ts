import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import type { TenantSettings } from '../src/tenants/tenant-requests.js';
import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, report } from './support/messages.js';
import { World, type Person } from './support/world.js';

/** What the README tells about who goes first. The people below play it. */
const PART = (() => {
  const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
  return readme.slice(readme.indexOf('## Who goes first'), readme.indexOf('## How it compares'));
})();

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

type Name = 'delayBasis' | 'maxDelayMinutes' | 'countBasis';

interface Row {
  name: Name;
  settings: TenantSettings;
  isDefault: boolean;
  /** The numbers of its text; "the same" has those of the row above. */
  numbers: number[];
  /** Place, score and best other, as the table has them. */
  figures: string[];
}

/** The rows of the table. */
const ROWS = PART.split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .reduce<Row[]>((rows, [, setting = '', text = '', ...figures]) => {
    const [, name, value = ''] = /^`(\w+): (\w+)`/.exec(setting) ?? [];
    const basis = /`(WAITING_SINCE)`/.exec(text)?.[1];
    const numbers = text.startsWith('the same') ? rows.at(-1)!.numbers : numbersIn(text);
    const settings = {
      ...(basis === undefined ? {} : { delayBasis: basis }),
      [name!]: /^(\d+|null)$/.test(value) ? (JSON.parse(value) as number | null) : value,
    } as TenantSettings;
    const isDefault = setting.endsWith('(default)');
    return [...rows, { name: name as Name, settings, isDefault, numbers, figures: figures.slice(0, 3) }];
  }, []);

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

/** A waiting customer with their score, in the order in which an operator would get them. */
type Queue = { name: string; score: number }[];

/** An inbox in which people wait, with the one operator who looks at it. */
class Stage {
  private constructor(
    readonly world: World,
    readonly inbox: InboxResponse,
    readonly operator: Person,
  ) {}

  static async of(settings: TenantSettings): Promise<Stage> {
    const world = await World.create(app, settings);
    const inbox = await world.inbox();
    return new Stage(world, inbox, await world.operator({ inboxes: [inbox] }));
  }

  async waits(name: string, { hours, messages = 1 }: { hours: number; messages?: number }): Promise<void> {
    await this.world.queued(this.inbox, { externalId: name, messages, minutesAgo: hours * 60 });
  }

  /** A message of now. */
  async writes(name: string): Promise<void> {
    await report(this.world, messageTo(this.inbox, { externalConversationId: name }));
  }

  async queue(): Promise<Queue> {
    const path = '/allocation/queue?limit=100';
    const { body } = await app.call('get', path, this.operator.headers).expect(200);
    return (body as { data: ConversationResponse[] }).data.map((conversation) => ({
      name: conversation.externalConversationId,
      score: conversation.priorityScore!,
    }));
  }

  /** Allocates everybody. @returns their names in this order */
  async allocateAll(): Promise<string[]> {
    const names: string[] = [];
    for (let next = await this.allocate(); next !== null; next = await this.allocate())
      names.push(next.externalConversationId);
    return names;
  }

  allocate(): Promise<ConversationResponse | null> {
    return this.world.allocate(this.operator);
  }
}

interface Play {
  who: string;
  before: Queue;
  after: Queue;
  /** In which the queue is as it was at last. */
  stage: Stage;
}

const PLAYS: Record<Name, (settings: TenantSettings, numbers: number[]) => Promise<Play>> = {
  async delayBasis(settings, [noraHours, others, othersHours]) {
    const stage = await Stage.of(settings);
    await stage.waits('Nora', { hours: noraHours! });
    for (let i = 1; i <= others!; i++) await stage.waits(`Other ${i}`, { hours: othersHours! });
    const before = await stage.queue();
    await stage.writes('Nora');
    return { who: 'Nora', before, after: await stage.queue(), stage };
  },

  async maxDelayMinutes(settings, [others, messages, hours, firstDay, lastDay]) {
    const on = async (day: number) => {
      const stage = await Stage.of(settings);
      await stage.waits('Sam', { hours: day * 24 });
      for (let i = 1; i <= others!; i++)
        await stage.waits(`Other ${i}`, { hours: hours!, messages: messages! });
      return stage;
    };
    const before = await (await on(firstDay!)).queue();
    const stage = await on(lastDay!);
    return { who: 'Sam', before, after: await stage.queue(), stage };
  },

  async countBasis(settings, [hours, messages]) {
    const stage = await Stage.of(settings);
    await stage.waits('Tess', { hours: 2 * hours!, messages: messages! });
    await stage.world.resolve((await stage.allocate())!.id);
    await stage.waits('Carla', { hours: hours! });
    const before = await stage.queue();
    await stage.writes('Tess');
    return { who: 'Carla', before, after: await stage.queue(), stage };
  },
};

/** Place, score and best other, as the table shows them. */
function figuresOf({ who, before, after }: Play): string[] {
  const shown = [before, after].map((queue) => {
    const place = queue.findIndex(({ name }) => name === who);
    return { place: String(place + 1), score: queue[place]!.score.toFixed(3) };
  });
  return [
    shown.map(({ place }) => place).join(' → '),
    shown.map(({ score }) => score).join(' → '),
    after.find(({ name }) => name !== who)!.score.toFixed(3),
  ];
}

describe('the table of the README', () => {
  it('has both values of each setting, and says which is the default', async () => {
    expect(ROWS.map(({ name }) => name)).toEqual([
      'delayBasis',
      'delayBasis',
      'maxDelayMinutes',
      'maxDelayMinutes',
      'countBasis',
      'countBasis',
    ]);
    const { admin } = await World.create(app);
    const { body } = await app.call('get', '/tenant', admin).expect(200);
    const { settings } = body as { settings: Record<Name, unknown> };
    expect(settings).toMatchObject({ alpha: 0.4, beta: 0.6, normalization: 'FIXED' });
    const isDefault = ROWS.map((row) => row.settings[row.name] === settings[row.name]);
    expect(ROWS.map((row) => row.isDefault)).toEqual(isDefault);
    expect(isDefault.filter(Boolean)).toHaveLength(3);
  });

  it.each(ROWS.map((row) => [JSON.stringify(row.settings), row] as const))(
    'shows what %s does',
    async (_settings, { name, settings, numbers, figures }) => {
      const play = await PLAYS[name](settings, numbers);
      expect(figures).toEqual(figuresOf(play));
      expect(await play.stage.allocateAll()).toEqual(play.after.map(({ name }) => name));
    },
  );
});

it('with WAITING_SINCE and no cap, nobody is passed by those who come as much later as the README says', async () => {
  const hours = Number(/begins to wait (\d+) h /.exec(PART)?.[1]);
  const stage = await Stage.of({ delayBasis: 'WAITING_SINCE', maxDelayMinutes: null });
  const samHours = 2 * hours;
  await stage.waits('Sam', { hours: samHours });
  // As many messages as count, and more.
  await stage.waits('later', { hours: samHours - hours, messages: 150 });
  await stage.waits('sooner', { hours: samHours - hours + 0.5, messages: 150 });
  // Each writes again, which moves nobody.
  for (const name of ['Sam', 'later', 'sooner']) await stage.writes(name);
  expect(await stage.allocateAll()).toEqual(['sooner', 'Sam', 'later']);
});
