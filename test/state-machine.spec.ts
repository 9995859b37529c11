import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEY_SCOPES } from '../src/access/key-scopes.js';
import { allowed, mayCall } from '../src/access/routes.js';
import {
  allowedFrom,
  STATES,
  TRANSITIONS,
  type Mover,
  type State,
  type TransitionName,
} from '../src/ledger/state-machine.js';
import type { ProblemCode } from '../src/http/problem.js';
import { TestApplication, type Headers } from './support/application.js';
import { changesNothing, ledgerOf, newEntry } from './support/behind.js';
import { define, labelling } from './support/labelling.js';
import { refused } from './support/refused.js';
import { stateDiagram } from './support/state-diagram.js';
import { World, type Person } from './support/world.js';

describe('the state diagram of the architecture page', () => {
  it('is generated from the table', () => {
    const page = readFileSync(join(__dirname, '../docs/architecture.md'), 'utf8');
    const marked = /<!-- state diagram: generated -->([^]*)<!-- \/state diagram -->/.exec(page)?.[1];
    expect(marked?.trim()).toBe(stateDiagram());
  });
});

describe('the table', () => {
  it('has a way out of every state, and a caller for every transition', () => {
    const all = Object.keys(TRANSITIONS) as TransitionName[];
    const movers: Mover[] = ['OPERATOR', 'MANAGER', 'ADMIN', 'SERVICE', 'SYSTEM'];
    const left = all.flatMap((name) => movers.flatMap((mover) => allowedFrom(name, mover)));
    expect([...new Set(left)].sort()).toEqual([...STATES].sort());
    expect(all.filter((name) => Object.keys(TRANSITIONS[name].from).length === 0)).toEqual([]);
  });

  it.each([
    ['allocate', 'POST /allocation/allocate'],
    ['claim', 'POST /allocation/claim'],
    ['resolve', 'POST /allocation/resolve'],
    ['deallocate', 'POST /allocation/deallocate'],
    ['reassign', 'POST /allocation/reassign'],
    ['release', 'POST /allocation/release'],
    ['transfer', 'POST /allocation/transfer'],
    ['move', 'POST /allocation/move-inbox'],
    ['create', 'POST /orchestrator/messages'],
    ['reopen', 'POST /orchestrator/messages'],
    ['boost', 'PUT /conversations/{id}/boost'],
    ['changeCustomer', 'POST /orchestrator/messages'],
    ['label', 'PUT /conversations/{id}/labels/{labelId}'],
    ['unlabel', 'DELETE /conversations/{id}/labels/{labelId}'],
    ['park', 'POST /allocation/park'],
  ] as const)('lets those %s who may call %s', (name, route) => {
    const may = mayCall(route);
    expect(may === 'everybody' ? [] : allowed(may)).toEqual(Object.keys(TRANSITIONS[name].from));
  });
});

const CALLERS = ['OPERATOR who holds it', 'OPERATOR who does not', 'MANAGER', 'ADMIN', 'SERVICE'] as const;
type CallerName = (typeof CALLERS)[number];

/** The expected outcome for a QUEUED, an ALLOCATED and a RESOLVED conversation, written by hand. */
const FORBIDDEN = ['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'] as const;
const TAKEN = ['ALLOCATED', 'CONVERSATION_NOT_QUEUED', 'CONVERSATION_NOT_QUEUED'] as const;
const CLOSED = ['RESOLVED', 'RESOLVED', 'CONVERSATION_ALREADY_RESOLVED'] as const;
const GIVEN_BACK = ['CONVERSATION_NOT_ALLOCATED', 'QUEUED', 'CONVERSATION_NOT_ALLOCATED'] as const;
const NOT_THEIRS = ['CONVERSATION_NOT_ALLOCATED', 'FORBIDDEN', 'CONVERSATION_NOT_ALLOCATED'] as const;
const GIVEN = ['ALLOCATED', 'ALLOCATED', 'ALLOCATED'] as const;
/** To an inbox that nobody is subscribed to. */
const MOVED = ['QUEUED', 'QUEUED', 'RESOLVED'] as const;
/** The request succeeds, but the conversation is in no state for the transition. */
const NEXT_IN_LINE = ['ALLOCATED', 'UNTOUCHED', 'UNTOUCHED'] as const;
const WROTE_AGAIN = ['UNTOUCHED', 'UNTOUCHED', 'QUEUED'] as const;
const KEPT = ['QUEUED', 'ALLOCATED', 'RESOLVED'] as const;
const ONLY_THEIR_OWN = ['FORBIDDEN', 'ALLOCATED', 'FORBIDDEN'] as const;
/** Only the holder, and nobody else is told more than that they are not. */
const HELD = ['CONVERSATION_NOT_ALLOCATED', 'ALLOCATED', 'CONVERSATION_NOT_ALLOCATED'] as const;
const HELD_BY_ANOTHER = ['CONVERSATION_NOT_ALLOCATED', 'FORBIDDEN', 'CONVERSATION_NOT_ALLOCATED'] as const;
const HOLDER_IS_GONE = ['UNTOUCHED', 'QUEUED', 'UNTOUCHED'] as const;

type Outcome = State | ProblemCode | 'UNTOUCHED';
type Cells = readonly Outcome[];
/** How a caller sets the transition going. `create` starts from no state. */
type Verb = Exclude<TransitionName, 'create' | OfDeadlines>;
/** They need a deadline or a long wait first. The tests of the desk and overdue-waits.spec.ts have them. */
type OfDeadlines =
  'reportOverdue' | 'accept' | 'unpark' | 'expireAcceptance' | 'expireReply' | 'reportReplyOverdue';

const CELLS: Record<Verb, Record<CallerName, Cells>> = {
  allocate: cells(NEXT_IN_LINE, NEXT_IN_LINE, NEXT_IN_LINE, NEXT_IN_LINE, FORBIDDEN),
  distribute: cells(FORBIDDEN, FORBIDDEN, FORBIDDEN, NEXT_IN_LINE, FORBIDDEN),
  claim: cells(TAKEN, TAKEN, TAKEN, TAKEN, FORBIDDEN),
  resolve: cells(
    ['CONVERSATION_NOT_ALLOCATED', 'RESOLVED', 'CONVERSATION_ALREADY_RESOLVED'],
    ['CONVERSATION_NOT_ALLOCATED', 'FORBIDDEN', 'CONVERSATION_ALREADY_RESOLVED'],
    CLOSED,
    CLOSED,
    CLOSED,
  ),
  deallocate: cells(FORBIDDEN, FORBIDDEN, GIVEN_BACK, GIVEN_BACK, GIVEN_BACK),
  reassign: cells(FORBIDDEN, FORBIDDEN, GIVEN, GIVEN, GIVEN),
  release: cells(GIVEN_BACK, NOT_THEIRS, NOT_THEIRS, NOT_THEIRS, FORBIDDEN),
  transfer: cells(GIVEN_BACK, NOT_THEIRS, NOT_THEIRS, NOT_THEIRS, FORBIDDEN),
  move: cells(FORBIDDEN, FORBIDDEN, MOVED, MOVED, MOVED),
  reopen: cells(FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, WROTE_AGAIN),
  expireGrace: cells(FORBIDDEN, FORBIDDEN, HOLDER_IS_GONE, HOLDER_IS_GONE, FORBIDDEN),
  deactivate: cells(FORBIDDEN, FORBIDDEN, FORBIDDEN, HOLDER_IS_GONE, FORBIDDEN),
  boost: cells(FORBIDDEN, FORBIDDEN, KEPT, KEPT, KEPT),
  changeCustomer: cells(FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, KEPT),
  label: cells(ONLY_THEIR_OWN, FORBIDDEN, KEPT, KEPT, KEPT),
  unlabel: cells(ONLY_THEIR_OWN, FORBIDDEN, KEPT, KEPT, KEPT),
  park: cells(HELD, HELD_BY_ANOTHER, HELD_BY_ANOTHER, HELD_BY_ANOTHER, FORBIDDEN),
};

function cells(holder: Cells, other: Cells, manager: Cells, admin: Cells, service: Cells) {
  return {
    'OPERATOR who holds it': holder,
    'OPERATOR who does not': other,
    MANAGER: manager,
    ADMIN: admin,
    SERVICE: service,
  };
}

const WALK = (Object.keys(CELLS) as Verb[]).flatMap((name) =>
  CALLERS.flatMap((caller) =>
    STATES.map((state, index) => ({ name, state, caller, outcome: CELLS[name][caller][index]! })),
  ),
);
const WITH_IF_MATCH: readonly Verb[] = [
  'claim',
  'resolve',
  'deallocate',
  'reassign',
  'release',
  'transfer',
  'move',
  'boost',
  'park',
];

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
      SERVICE: await world.service(KEY_SCOPES),
    };
    const conversation =
      state === 'QUEUED' ? await world.queued(inbox) : await world.allocated(inbox, holder);
    const { id: conversationId } = conversation;
    if (state === 'RESOLVED') {
      await world.resolve(conversationId, holder.headers);
    }
    const [on, off] = [
      await define(world, inbox, { name: 'On' }),
      await define(world, inbox, { name: 'Off' }),
    ];
    await labelling(world, 'put', conversation, on).expect(204);
    const target = await world.operator();
    const other = await world.inbox();
    const labels = `/conversations/${conversationId}/labels`;
    const { externalConversationId, customerPhoneNumber } = conversation;
    const requests: Record<Verb, Request> = {
      allocate: ['post', '/allocation/allocate', {}],
      distribute: ['patch', `/inboxes/${inbox.id}`, { distribution: 'ROUND_ROBIN' }],
      claim: ['post', '/allocation/claim', { conversationId }],
      resolve: ['post', '/allocation/resolve', { conversationId }],
      deallocate: ['post', '/allocation/deallocate', { conversationId }],
      reassign: ['post', '/allocation/reassign', { conversationId, operatorId: target.id }],
      release: ['post', '/allocation/release', { conversationId }],
      transfer: ['post', '/allocation/transfer', { conversationId, inboxId: other.id }],
      move: ['post', '/allocation/move-inbox', { conversationId, inboxId: other.id }],
      reopen: [
        'post',
        '/orchestrator/messages',
        { externalConversationId, customerPhoneNumber, inboxId: inbox.id },
      ],
      expireGrace: ['post', '/grace-periods/expire', {}],
      deactivate: ['patch', `/operators/${holder.id}`, { isActive: false }],
      boost: ['put', `/conversations/${conversationId}/boost`, { minutes: 60 }],
      changeCustomer: [
        'post',
        '/orchestrator/messages',
        {
          externalConversationId,
          customerPhoneNumber: '+4915199999999',
          inboxId: inbox.id,
          // A newer one than that reopens what is RESOLVED.
          occurredAt: conversation.lastMessageAt,
        },
      ],
      label: ['put', `${labels}/${off.id}`, undefined],
      unlabel: ['delete', `${labels}/${on.id}`, undefined],
      park: ['post', '/allocation/park', { conversationId }],
    };
    return { world, id: conversationId, holder, headers, requests };
  }

  /** One scene for all calls that change nothing in it, which each of them proves. */
  const scenes = new Map<State, ReturnType<typeof setup>>();
  function unchanging(state: State): ReturnType<typeof setup> {
    const scene = scenes.get(state) ?? setup(state);
    scenes.set(state, scene);
    return scene;
  }

  /** The grace period of what they hold is over. */
  async function goes(world: World, { id }: Person): Promise<void> {
    await app.call('put', `/operators/${id}/status`, world.admin).send({ status: 'OFFLINE' }).expect(200);
    await world.endGracePeriods();
  }

  it.each(WALK.filter(({ name, outcome }) => WITH_IF_MATCH.includes(name) && isState(outcome)))(
    '$name of a $state conversation by $caller with an old version is refused',
    async ({ name, state, caller }) => {
      const { world, headers, requests } = await unchanging(state);
      const [method, path, body] = requests[name];
      const stale = { ...headers[caller], 'If-Match': '"99"' };
      await changesNothing(world, () =>
        refused(app.call(method, path, stale).send(body), 'VERSION_MISMATCH'),
      );
    },
  );

  it.each(WALK)(
    '$name of a $state conversation by $caller: $outcome',
    async ({ name, state, caller, outcome }) => {
      const isChanging = name === 'expireGrace' || outcome === 'UNTOUCHED' || isState(outcome);
      const { world, id, holder, headers, requests } = await (isChanging ? setup(state) : unchanging(state));
      if (name === 'expireGrace') await goes(world, holder);
      const [method, path, body] = requests[name];
      const call = () => app.call(method, path, headers[caller]).send(body);

      if (outcome === 'UNTOUCHED') {
        const before = await ledgerOf(world, id);
        await call().expect(200);
        expect(await ledgerOf(world, id)).toEqual(before);
      } else if (isState(outcome)) {
        const entry = await newEntry(world, id, () => call().expect(({ ok }) => expect(ok).toBe(true)));
        expect(entry).toMatchObject({
          type: TRANSITIONS[name].event,
          from: { state },
          to: { state: outcome },
        });
        expect((await world.conversation(id)).state).toBe(outcome);
      } else {
        await changesNothing(world, () => refused(call(), outcome));
      }
    },
  );
});

type Request = [method: 'post' | 'patch' | 'put' | 'delete', path: string, body: object | undefined];

function isState(outcome: Outcome): outcome is State {
  return (STATES as readonly string[]).includes(outcome);
}
