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

const moverOf = (caller: CallerName) => caller.split(' ')[0] as Exclude<Mover, 'SYSTEM'>;

/** What the table says: the state afterwards, or the code of the refusal. */
function verdict(name: 'claim' | 'resolve', state: State, caller: CallerName): State | ProblemCode {
  const mover = moverOf(caller);
  const states = allowedFrom(name, mover);
  if (states.length === 0) return 'FORBIDDEN';
  if (states.includes(state)) {
    const ofAnother = name === 'resolve' && caller === 'OPERATOR who does not';
    return ofAnother ? 'FORBIDDEN' : TRANSITIONS[name].to;
  }
  if (name === 'claim') return 'CONVERSATION_NOT_QUEUED';
  return state === 'RESOLVED' ? 'CONVERSATION_ALREADY_RESOLVED' : 'CONVERSATION_NOT_ALLOCATED';
}

const WALK = (['claim', 'resolve'] as const).flatMap((name) =>
  STATES.flatMap((state) =>
    CALLERS.map((caller) => ({ name, state, caller, outcome: verdict(name, state, caller) })),
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
    return { world, id, headers };
  }

  it.each(WALK)(
    '$name of a $state conversation by $caller: $outcome',
    async ({ name, state, caller, outcome }) => {
      const { world, id, headers } = await setup(state);
      const call = () =>
        app.call('post', `/allocation/${name}`, headers[caller]).send({ conversationId: id });

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

function isState(outcome: State | ProblemCode): outcome is State {
  return (STATES as readonly string[]).includes(outcome);
}
