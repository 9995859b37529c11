import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  allowedFrom,
  STATES,
  TRANSITIONS,
  type Mover,
  type State,
  type TransitionName,
} from '../src/conversations/state-machine.js';
import type { ProblemCode } from '../src/http/problem.js';
import { TestApplication, type Headers } from './support/application.js';
import { changesNothing, newEntry } from './support/behind.js';
import { refused } from './support/refused.js';
import { stateDiagram } from './support/state-diagram.js';
import { World } from './support/world.js';

describe('the state diagram of the architecture page', () => {
  it('is the one drawn from the table', () => {
    const page = readFileSync(join(__dirname, '../docs/architecture.md'), 'utf8');
    const marked = /<!-- state diagram: generated -->([^]*)<!-- \/state diagram -->/.exec(page)?.[1];
    expect(marked?.trim()).toBe(stateDiagram());
  });
});

describe('the table', () => {
  it('lets every state be left, and every transition be made by somebody', () => {
    const all = Object.keys(TRANSITIONS) as TransitionName[];
    const movers: Mover[] = ['OPERATOR', 'MANAGER', 'ADMIN', 'SERVICE', 'SYSTEM'];
    const left = all.flatMap((name) => movers.flatMap((mover) => allowedFrom(name, mover)));
    expect([...new Set(left)].sort()).toEqual([...STATES].sort());
    expect(all.filter((name) => Object.keys(TRANSITIONS[name].from).length === 0)).toEqual([]);
  });
});

const CALLERS = ['OPERATOR who holds it', 'OPERATOR who does not', 'MANAGER', 'ADMIN', 'SERVICE'] as const;
type CallerName = (typeof CALLERS)[number];

/** Every cell of the design's table, written by hand: what becomes of a QUEUED, an ALLOCATED, a RESOLVED one. */
const FORBIDDEN = ['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'] as const;
const TAKEN = ['ALLOCATED', 'CONVERSATION_NOT_QUEUED', 'CONVERSATION_NOT_QUEUED'] as const;
const CLOSED = ['RESOLVED', 'RESOLVED', 'CONVERSATION_ALREADY_RESOLVED'] as const;
const GIVEN_BACK = ['CONVERSATION_NOT_ALLOCATED', 'QUEUED', 'CONVERSATION_NOT_ALLOCATED'] as const;
const GIVEN = ['ALLOCATED', 'ALLOCATED', 'ALLOCATED'] as const;
/** To an inbox that nobody is subscribed to. */
const MOVED = ['QUEUED', 'QUEUED', 'RESOLVED'] as const;

type Cells = readonly (State | ProblemCode)[];
type Verb = 'claim' | 'resolve' | 'deallocate' | 'reassign' | 'move';

const CELLS: Record<Verb, Record<CallerName, Cells>> = {
  claim: {
    'OPERATOR who holds it': TAKEN,
    'OPERATOR who does not': TAKEN,
    MANAGER: TAKEN,
    ADMIN: TAKEN,
    SERVICE: FORBIDDEN,
  },
  resolve: {
    'OPERATOR who holds it': ['CONVERSATION_NOT_ALLOCATED', 'RESOLVED', 'CONVERSATION_ALREADY_RESOLVED'],
    'OPERATOR who does not': ['CONVERSATION_NOT_ALLOCATED', 'FORBIDDEN', 'CONVERSATION_ALREADY_RESOLVED'],
    MANAGER: CLOSED,
    ADMIN: CLOSED,
    SERVICE: CLOSED,
  },
  deallocate: {
    'OPERATOR who holds it': FORBIDDEN,
    'OPERATOR who does not': FORBIDDEN,
    MANAGER: GIVEN_BACK,
    ADMIN: GIVEN_BACK,
    SERVICE: FORBIDDEN,
  },
  reassign: {
    'OPERATOR who holds it': FORBIDDEN,
    'OPERATOR who does not': FORBIDDEN,
    MANAGER: GIVEN,
    ADMIN: GIVEN,
    SERVICE: FORBIDDEN,
  },
  move: {
    'OPERATOR who holds it': FORBIDDEN,
    'OPERATOR who does not': FORBIDDEN,
    MANAGER: MOVED,
    ADMIN: MOVED,
    SERVICE: FORBIDDEN,
  },
};

const WALK = (Object.keys(CELLS) as Verb[]).flatMap((name) =>
  CALLERS.flatMap((caller) =>
    STATES.map((state, index) => ({ name, state, caller, outcome: CELLS[name][caller][index]! })),
  ),
);

describe('over HTTP', () => {
  let app: TestApplication;
  beforeAll(async () => {
    app = await TestApplication.start();
  });
  afterAll(() => app.stop());

  /** A conversation in the state, and everybody who might do something with it, subscribed and AVAILABLE. */
  async function setup(state: State) {
    const world = await World.create(app);
    const inbox = await world.inbox();
    const inboxes = [inbox];
    const holder = await world.operator({ inboxes });
    const headers: Record<CallerName, Headers> = {
      'OPERATOR who holds it': holder.headers,
      'OPERATOR who does not': (await world.operator({ inboxes })).headers,
      MANAGER: (await world.operator({ role: 'MANAGER', inboxes })).headers,
      ADMIN: (await world.operator({ role: 'ADMIN', inboxes })).headers,
      SERVICE: world.orchestrator,
    };
    const { id } = state === 'QUEUED' ? await world.queued(inbox) : await world.allocated(inbox, holder);
    if (state === 'RESOLVED') {
      await app.call('post', '/allocation/resolve', holder.headers).send({ conversationId: id }).expect(200);
    }
    const target = await world.operator();
    const other = await world.inbox();
    return { world, id, headers, bodies: bodiesFor(id, target.id, other.id) };
  }

  it.each(WALK.filter(({ outcome }) => isState(outcome)))(
    '$name of a $state conversation by $caller with a version that is gone is refused',
    async ({ name, state, caller }) => {
      const { world, headers, bodies } = await setup(state);
      const path = name === 'move' ? 'move-inbox' : name;
      await changesNothing(world, () =>
        refused(
          app
            .call('post', `/allocation/${path}`, { ...headers[caller], 'If-Match': '"99"' })
            .send(bodies[name]),
          'VERSION_MISMATCH',
        ),
      );
    },
  );

  it.each(WALK)(
    '$name of a $state conversation by $caller: $outcome',
    async ({ name, state, caller, outcome }) => {
      const { world, id, headers, bodies } = await setup(state);
      const path = name === 'move' ? 'move-inbox' : name;
      const call = () => app.call('post', `/allocation/${path}`, headers[caller]).send(bodies[name]);

      if (!isState(outcome)) {
        await changesNothing(world, () => refused(call(), outcome));
        return;
      }
      const entry = await newEntry(world, id, () => call().expect(200));
      expect(entry).toMatchObject({
        type: TRANSITIONS[name].event,
        from: { state },
        to: { state: outcome },
      });
      expect((await world.conversation(id)).state).toBe(outcome);
    },
  );
});

function bodiesFor(conversationId: string, operatorId: string, inboxId: string): Record<Verb, object> {
  return {
    claim: { conversationId },
    resolve: { conversationId },
    deallocate: { conversationId },
    reassign: { conversationId, operatorId },
    move: { conversationId, inboxId },
  };
}

function isState(outcome: State | ProblemCode): outcome is State {
  return (STATES as readonly string[]).includes(outcome);
}
