/* eslint-disable max-lines -- all that the pages say is in one file, so that one file is to be translated */
import type { ProblemCode } from '@inbox-allocation/client';
import type {
  Availability,
  BoardInbox,
  EventType,
  Explanation,
  IneligibilityReason,
  Outcome,
  Receiver,
  Role,
} from '@inbox-allocation/client/openapi';
import { name, say, type Name, type Sentence } from './parts/sentence.js';
import { clock, count, duration, exactDuration, moment, number, when } from './parts/words.js';

type Operator = Explanation['operators'][number];
type People = { by: Name | string; holder: Name; receiver: Name | null; inbox: Name };
type Attention = {
  inbox: Name;
  customer: Name;
  holder: Name;
  since: string;
  left: string;
  waiting: number;
  late: number;
};
type What = { customer: Name };

const REASONS: Record<IneligibilityReason, (operator: Operator) => string> = {
  INACTIVE: () => 'no longer works here',
  OFFLINE: () => 'offline',
  PAUSED: () => 'paused',
  NOT_PRESENT: () => 'no sign of life from their desk',
  AT_CAPACITY: ({ load, maxLoad }) => `full, ${load} of ${maxLoad ?? load}`,
  AT_INBOX_CAPACITY: () => 'full for this inbox',
  NOT_SUBSCRIBED: () => 'not in this inbox',
  WEIGHT_ZERO: () => 'takes from this inbox only by themselves',
  DECLINED: () => 'gave it back',
  PACED: () => 'gets the next one in a minute',
};

const HINTS: Partial<Record<ProblemCode, string>> = {
  OPERATOR_AT_CAPACITY: 'Choose somebody with room, or give it over the limit.',
  OPERATOR_OFFLINE: 'Set your status to Available first.',
  OPERATOR_PAUSED: 'Set your status to Available first.',
  OPERATOR_AT_PARK_LIMIT: 'Take up one of the parked conversations first.',
  BULK_RUNNING: 'Wait until it has ended, or cancel it.',
  PLAN_EXPIRED: 'Look at what would happen again.',
  RATE_LIMITED: 'Wait a moment and try again.',
  DATABASE_UNAVAILABLE: 'Try again in a moment.',
};

/** Why something was not done with one of many. */
const REFUSALS: Partial<Record<ProblemCode, string>> = {
  CONVERSATION_NOT_ALLOCATED: 'cannot: nobody has them',
  CONVERSATION_NOT_QUEUED: 'cannot: they do not wait',
  CONVERSATION_ALREADY_RESOLVED: 'cannot: they are resolved',
  OPERATOR_AT_CAPACITY: 'cannot: nobody chosen has room',
  LABEL_OF_OTHER_INBOX: 'cannot: the label belongs to another inbox',
  VERSION_MISMATCH: 'were left as they are: somebody changed them meanwhile',
  NOT_FOUND: 'do not exist any more',
};

/** What happened, by the type of the entry in the ledger. */
const EVENTS: Partial<Record<EventType, (people: People) => Sentence>> = {
  'conversation.created': () => ['Wrote for the first time'],
  'conversation.reopened': () => ['Wrote again'],
  'conversation.allocated': ({ receiver, by }) => say`${receiver ?? by} took it as the next one`,
  'conversation.claimed': ({ by }) => say`${by} claimed it`,
  'conversation.distributed': ({ receiver, by }) => say`Distributed to ${receiver ?? by}`,
  'conversation.reassigned': ({ by, receiver }) => say`${by} gave it to ${receiver ?? 'somebody'}`,
  'conversation.deallocated': ({ by, holder }) => say`${by} took it from ${holder}, back to the queue`,
  'conversation.returned': ({ holder }) => say`${holder} gave it back`,
  'conversation.transferred': ({ holder, receiver, inbox }) =>
    say`${holder} handed it over to ${receiver ?? inbox}`,
  'conversation.grace_expired': ({ holder }) => say`${holder} was away for too long, back to the queue`,
  'conversation.released': ({ holder }) => say`${holder} no longer works here, back to the queue`,
  'conversation.resolved': ({ by }) => say`${by} resolved it`,
  'conversation.moved': ({ by, inbox }) => say`${by} moved it to ${inbox}`,
  'conversation.boosted': ({ by }) => say`${by} changed its boost`,
  'conversation.customer_changed': () => ['What is known of the customer changed'],
  'conversation.labelled': ({ by }) => say`${by} attached a label`,
  'conversation.unlabelled': ({ by }) => say`${by} detached a label`,
  'conversation.overdue': () => ['Waits longer than the target of the inbox'],
  'conversation.accepted': ({ by }) => say`${by} accepted it`,
  'conversation.not_accepted': ({ holder }) => say`${holder} did not accept it in time`,
  'conversation.reply_overdue': ({ holder }) => say`${holder} is late with a reply`,
  'conversation.unanswered': ({ holder }) => say`${holder} did not reply in time, back to the queue`,
  'conversation.parked': ({ by }) => say`${by} parked it`,
  'conversation.unparked': ({ by }) => say`${by} took it up again`,
};

/** How many places somebody has. */
function room({ load, maxLoad }: Operator): string {
  return maxLoad === null ? 'has no limit' : `has room for ${count(Math.max(0, maxLoad - load))}`;
}

/** All that the pages say. */
export const texts = {
  // Times and numbers
  clock,
  duration,
  exactDuration,
  moment,
  number,
  when,
  none: '–',
  never: 'never',
  ago: (time: string) => `${time} ago`,
  sentence: (text: string) => text.charAt(0).toUpperCase() + text.slice(1),

  // The frame
  title: (page: string, tenant: string) => `${page} – ${tenant}`,
  pages: 'Pages',
  board: 'Board',
  conversations: 'Conversations',
  desk: 'Desk',
  close: 'Close',
  cancel: 'Cancel',
  undo: 'Undo',
  undone: 'Taken back.',
  show: 'Show',
  search: 'Search',
  searchIn: (what: string) => `Search: ${what}`,
  nothingFound: 'Nothing found.',
  moreMatch: (left: number) => `${number(left)} more. Type a part of the name.`,
  showAll: (all: number) => `Show all ${number(all)}`,
  showMore: (step: number, left: number) => `Show ${number(step)} more of ${number(left)}`,
  loading: 'Loading…',
  connecting: 'Connecting…',
  live: (behindMs: number) => `Live, ${(behindMs / 1000).toFixed(1)} s behind`,
  notLive: (asOf: number | null) =>
    asOf === null ? 'Not live' : `Not live: figures are of ${clock(asOf, true)}`,
  noResponse: 'The service does not respond. The page keeps trying.',
  hints: HINTS,

  // Who is there
  logIn: 'Log in',
  logOut: 'Log out',
  token: 'Bearer token or API key',
  orToken: 'Or paste a bearer token',
  stayLoggedIn: 'Stay logged in on this computer',
  demoPeople: 'This is the demo. Who are you?',
  apiKey: 'An API key',
  roles: { OPERATOR: 'Operator', MANAGER: 'Manager', ADMIN: 'Administrator' } satisfies Record<Role, string>,
  boardNotForOperators: 'The board is for managers and administrators. Your conversations are at your desk.',
  boardNotForKeys: 'The board is for people: log in as a manager or an administrator.',
  deskNotForKeys: 'A desk belongs to a person: log in as an operator.',
  goToDesk: 'Go to the desk',

  // Names of what has none
  someCustomer: 'a customer',
  someOperator: 'a colleague',
  someInbox: 'an inbox',
  theService: 'The service',
  aService: 'A system',

  // The board
  figures: 'At a glance',
  waiting: 'waiting',
  nobodyWaits: 'nobody waits',
  longestWait: 'longest wait',
  medianWait: 'typical wait, last hour',
  overTarget: 'over target',
  inboxes: 'Inboxes',
  inbox: 'Inbox',
  noInboxes: 'There is no inbox yet. An administrator creates the first one with POST /api/v1/inboxes.',
  waitingColumn: 'Waiting',
  longest: 'Longest',
  median: 'Median',
  ninetieth: '9 in 10',
  arrived: 'Arrived',
  taken: 'Taken',
  whoIsThere: 'Who is there',
  whoIsThereOf: ({ available, paused, offline }: BoardInbox['operators']) => {
    const all = available + paused + offline;
    if (all === 0) return 'nobody subscribed';
    return available === 0 ? `nobody of ${all}` : `${available} of ${all}`;
  },
  andRoom: (free: number | null) => (free === null ? ', no limit' : `, room for ${number(free)}`),
  target: 'Target',
  countOverTarget: (late: number) => `${late >= 1000 ? '1,000 or more' : late} over target`,
  lastHour: 'Arrived and taken, last hour',
  arrivedCount: (all: number) => `${number(all)} arrived`,
  takenCount: (all: number) => `${number(all)} taken`,
  chart: (arrived: number, taken: number) =>
    `Chart of the last hour: ${number(arrived)} arrived, ${number(taken)} were taken`,
  from: 'From',
  operators: 'Operators',
  name: 'Name',
  status: 'Status',
  statuses: { AVAILABLE: 'Available', PAUSED: 'Paused', OFFLINE: 'Offline' } satisfies Record<
    Availability,
    string
  >,
  load: 'Load',
  loadOf: (load: number, maxLoad: number | null) =>
    maxLoad === null ? `${load}, no limit` : `${load} of ${maxLoad}`,
  parked: 'Parked',
  lastGiven: 'Last given',
  graceEndsIn: (time: string) => `grace ends in ${time}`,
  needsAttention: 'Needs attention',
  nothingNeedsAttention: 'Nothing needs attention.',
  attention: {
    UNATTENDED: ({ inbox, waiting, since }: Attention) => ({
      title: say`Nobody is there in ${inbox}`,
      detail: say`${number(waiting)} ${waiting === 1 ? 'waits' : 'wait'}, for ${since} without anybody`,
    }),
    OVER_TARGET: ({ inbox, late, customer }: Attention) => ({
      title: say`${inbox} is over its target`,
      detail: say`${number(late)} ${late === 1 ? 'waits' : 'wait'} longer than wanted, ${customer} longest`,
    }),
    UNANSWERED: ({ customer, holder, since }: Attention) => ({
      title: say`${customer} waits for a reply`,
      detail: say`from ${holder}, for ${since}`,
    }),
    GRACE_ENDING: ({ customer, holder, inbox, left }: Attention) => ({
      title: say`The grace period of ${holder} ends in ${left}`,
      detail: say`${customer} goes back to ${inbox}`,
    }),
  },

  // A conversation
  conversation: 'Conversation',
  closeConversation: 'Close the conversation',
  notVisible: 'It does not exist, or is not in one of your inboxes.',
  messages: (messages: number) => (messages === 1 ? '1 message' : `${number(messages)} messages`),
  waitingFor: (time: string) => `waiting ${time}`,
  rank: (rank: number) => (rank === 1 ? 'next in line' : `number ${number(rank)} in line`),
  withOperator: (holder: string | null) => say`with ${name(holder ?? 'a colleague')}`,
  awaitsReply: (time: string) => `waits for a reply for ${time}`,
  resolvedAgo: (time: string) => `resolved ${time} ago`,
  parkedOpen: 'parked until the customer writes',
  parkedFor: (time: string) => `parked for ${time}`,
  acceptWithin: (time: string) => `accept within ${time}`,
  boosted: (minutes: number) => `boosted by ${duration(minutes * 60)}`,
  history: 'History',
  events: EVENTS,
  tellsReason: new Set<EventType>([
    'conversation.labelled',
    'conversation.unlabelled',
    'conversation.boosted',
    'conversation.returned',
    'conversation.transferred',
    'conversation.resolved',
    'conversation.parked',
    'conversation.customer_changed',
  ]),
  whoCouldTake: (inbox: string) => say`Who could take it in ${name(inbox)}`,
  canTake: 'Can they?',
  couldTake: 'could take it',
  reasons: REASONS,
  reasonOrder: Object.keys(REASONS) as IneligibilityReason[],
  why: {
    nobodyAsked: (customer: Name, inbox: Name, seconds: number) =>
      say`Nobody has taken ${customer}: in ${inbox} operators ask for work, and nobody has asked for ${duration(seconds)}.`,
    nextDistribution: (customer: Name, inbox: Name) =>
      say`${inbox} distributes ${customer} next to somebody who is free.`,
    ahead: (ahead: number) => say` ${number(ahead)} ${ahead === 1 ? 'is' : 'are'} ahead in line.`,
    room: (operator: Name, of: Operator) => say` ${operator} ${room(of)}.`,
    nobodySubscribed: (customer: Name, inbox: Name) =>
      say`Nobody can take ${customer}: nobody is subscribed to ${inbox}.`,
    nobodyCan: (customer: Name) => say`Nobody can take ${customer} now.`,
    cannot: (operator: Name, reason: string) => say` ${operator}: ${reason}.`,
    others: (left: number) => (left > 0 ? say` ${number(left)} more cannot either.` : []),
    held: (customer: Name, holder: string | null, { isParked }: { isParked: boolean }) =>
      isParked
        ? say`${name(holder ?? 'A colleague')} has parked ${customer}.`
        : say`${customer} is with ${name(holder ?? 'a colleague')}.`,
    resolved: (customer: Name, holder: string | null) =>
      holder === null ? say`${customer} is done.` : say`${customer} is done. ${name(holder)} had it last.`,
  },
  changedMeanwhile: (events: readonly Sentence[]): Sentence => [
    'Not done, because it has changed meanwhile: ',
    ...events.flatMap((event, i) => (i === 0 ? event : ['; ', ...event])),
    '. Look again, then decide.',
  ],
  actions: 'Actions',
  giveTo: 'Give to…',
  give: 'Give',
  giveToName: (operator: Name) => say`Give to ${operator}`,
  candidate: (reason: string, { load, maxLoad, eligible }: Operator) =>
    eligible && maxLoad !== null ? `${load} of ${maxLoad}` : eligible ? `${load}, no limit` : reason,
  overTheirLimit: 'Over their limit',
  backToQueue: 'Back to the queue',
  move: 'Move',
  boost: 'Boost',
  boostBy: 'As if they had waited longer by',
  noBoost: 'Nothing',
  label: 'Label',
  labels: 'Labels',
  labelsOf: 'Labels of',
  noLabels: 'This inbox has no labels. An administrator creates them.',
  resolve: 'Resolve',
  howItEnded: 'How did it end?',
  outcomes: {
    HANDLED: 'Handled',
    ABANDONED: 'The customer gave up',
    SPAM: 'Spam',
    DUPLICATE: 'A duplicate of another one',
  } satisfies Record<Outcome, string>,
  resolveHelp: 'If the customer writes again, it comes back.',
  reasonOptional: 'Reason (optional)',
  titles: {
    give: (customer: Name) => say`Give ${customer} to`,
    move: (customer: Name) => say`Move ${customer} to`,
    boost: (customer: Name) => say`Boost ${customer}`,
    resolve: (customer: Name) => say`Resolve ${customer}`,
    park: (customer: Name) => say`Park ${customer}`,
    release: (customer: Name) => say`Give back ${customer}`,
    transfer: (customer: Name) => say`Hand over ${customer}`,
    pause: 'Pause',
  },
  done: {
    given: ({ customer, receiver }: What & { receiver: Name }) => say`${customer} is with ${receiver} now.`,
    deallocated: ({ customer }: What) => say`${customer} is back in the queue.`,
    moved: ({ customer, inbox }: What & { inbox: Name }) => say`${customer} is in ${inbox} now.`,
    boosted: ({ customer, minutes }: What & { minutes: number }) =>
      minutes === 0
        ? say`${customer} has no boost now.`
        : say`${customer} counts as waiting ${duration(minutes * 60)} longer.`,
    labelled: ({ name: label, customer }: What & { name: Name }) =>
      say`${customer} has the label ${label} now.`,
    unlabelled: ({ name: label, customer }: What & { name: Name }) =>
      say`${customer} has lost the label ${label}.`,
    resolved: ({ customer }: What) => say`${customer} is resolved.`,
    taken: ({ customer }: What) => say`${customer} is yours.`,
    accepted: ({ customer }: What) => say`You have accepted ${customer}.`,
    parked: ({ customer }: What) => say`${customer} is parked.`,
    unparked: ({ customer }: What) => say`${customer} is no longer parked.`,
  },

  // The list of conversations
  searchAll: 'Search all',
  customer: 'Customer',
  state: 'State',
  stateFilters: {
    open: 'Waiting or with somebody',
    QUEUED: 'Waiting',
    ALLOCATED: 'With somebody',
    RESOLVED: 'Resolved',
    all: 'All',
  },
  operator: 'Operator',
  allInboxes: 'All inboxes',
  everybody: 'Everybody',
  anyLabel: 'Any',
  sort: 'Sort by',
  sorts: { newest: 'Last message, newest', oldest: 'Last message, oldest', waiting: 'Longest wait' },
  lastMessage: 'Last message',
  noConversations: 'No conversation matches.',
  withWhom: 'with',
  parkedWith: 'parked by',
  showMoreOf: (total: number | null) => (total === null ? 'Show more' : `Show more of ${number(total)}`),
  selectShown: 'Select all that are shown',
  selectName: (customer: string) => `Select ${customer}`,
  withSelected: 'With the selected ones',
  selected: (selected: number) => `${number(selected)} selected`,
  selectedAll: (total: number | null) =>
    total === null ? 'All that match' : `All ${number(total)} that match`,
  selectAll: (total: number | null) =>
    total === null ? 'Select all that match' : `Select all ${number(total)} that match`,
  clear: 'Clear',
  bulk: {
    reassign: 'Give to…',
    deallocate: 'Back to the queue',
    move: 'Move',
    boost: 'Boost',
    label: 'Label',
    resolve: 'Resolve',
  },
  bulkTitles: {
    reassign: 'Give them to',
    deallocate: 'Take them back to the queue',
    move: 'Move them',
    boost: 'Boost them',
    label: 'Label them',
    resolve: 'Resolve them',
  },
  toOperators: 'To one, or shared by load among several',
  toInbox: 'To the inbox',
  oneInboxOnly: 'They are in several inboxes, and each has its own labels. Select those of one inbox.',
  whatWouldHappen: 'Show what would happen',
  runFor: (items: number) => `Do it for ${number(items)}`,
  wouldStay: ['would stay as they are'] as Sentence,
  would: (type: string, state: string, holder: Name | null, inbox: Name): Sentence => {
    if (type === 'boost') return ['would be boosted'];
    if (type === 'label') return ['would get the label'];
    if (type === 'unlabel') return ['would lose the label'];
    if (state === 'RESOLVED' && type === 'resolve') return ['would be resolved'];
    const where = type === 'move' ? say` to ${inbox}` : [];
    if (holder !== null) return say`would go${where} to ${holder}`;
    return type === 'move' ? say`would move${where}` : ['would go back to the queue'];
  },
  refused: (code: ProblemCode): Sentence => [
    REFUSALS[code] ?? `cannot: ${code.toLowerCase().replaceAll('_', ' ')}`,
  ],
  andMore: (left: number) => ` and ${number(left)} more`,
  bulkBegins: 'It begins…',
  bulkProgress: (
    { items, done, refused, cancelled }: { items: number; done: number; refused: number; cancelled: number },
    isOver: boolean,
  ) =>
    [
      isOver ? `Done: ${number(done)} of ${number(items)}` : `${number(done)} of ${number(items)} done`,
      ...(refused > 0 ? [`${number(refused)} refused`] : []),
      ...(cancelled > 0 ? [`${number(cancelled)} cancelled`] : []),
    ].join(', ') + '.',
  progress: 'Progress',
  cancelRun: 'Stop',

  // The desk
  yourStatus: 'Your status',
  beAvailable: 'Be available',
  pause: 'Pause…',
  pauseNow: 'Pause',
  goOffline: 'Go offline',
  thenOffline: 'then offline',
  statusSet: {
    AVAILABLE: 'You are available.',
    PAUSED: 'You are paused. Nothing new comes to you.',
    OFFLINE: 'You are offline.',
  } satisfies Record<Availability, string>,
  graceBegins: (held: number, until: string) =>
    `You are offline. ${held === 1 ? 'What you hold goes' : `${held} conversations go`} back to the queue at ${clock(Date.parse(until))}.`,
  pauseHelp: 'You keep what you hold. Nothing new comes to you.',
  pauseReason: 'Why?',
  pauseReasons: ['Lunch', 'Break', 'Meeting', 'Training'] as const,
  pauseReasonOwn: 'Or in your own words',
  endOfShift: 'Then go offline, as soon as I hold nothing any more',
  next: (waiting: number, hasMore: boolean) =>
    waiting === 0 ? 'Next' : `Next (${waiting}${hasMore ? '+' : ''})`,
  nothingWaits: 'Nothing waits in your inboxes.',
  nothingOpen: 'No conversation is open. Choose one, or take the next one.',
  mine: (held: number) => (held === 0 ? 'Mine' : `Mine, ${held}`),
  nothingMine: 'You hold nothing.',
  waitsForYou: 'They wait for you',
  waitsForCustomer: 'You wait for them',
  waitingInInboxes: (waiting: number, hasMore: boolean) =>
    waiting === 0
      ? 'Waiting in your inboxes'
      : `Waiting in your inboxes, ${waiting}${hasMore ? ' or more' : ''}`,
  wrote: 'wrote',
  new: 'new',
  open: 'Open',
  arrival: (customer: Name) => say`${customer} has come to you.`,
  take: 'Take',
  takeName: (customer: Name) => say`Take ${customer}`,
  accept: 'Accept',
  park: 'Park',
  parkUntil: 'Until',
  untilCustomer: 'the customer writes',
  untilHour: 'in an hour, or the customer writes',
  untilTomorrow: 'tomorrow at 9:00, or the customer writes',
  untilWeek: 'in a week at 9:00, or the customer writes',
  unpark: 'Take up again',
  transfer: 'Hand over',
  to: 'To',
  receiver: ({ status, canReceive }: Receiver) => {
    if (canReceive) return 'colleague';
    const why = { AVAILABLE: 'cannot take more now', PAUSED: 'paused', OFFLINE: 'offline' }[status];
    return `colleague, ${why}`;
  },
  release: 'Give back',
  releaseHelp: 'It goes back to the queue with its age, and not to you while somebody else can take it.',
  searchConversations: 'Search conversations',
  found: 'Found',
  typeMore: 'Type at least three characters of a name, a number or an address.',
  searching: 'Searching…',
  foundCount: (found: number) => (found === 1 ? '1 conversation' : `${number(found)} conversations`),
  soundOn: 'Sound on',
  soundOff: 'Sound off',
  keys: 'Keys',
  keyHelp: [
    ['n', 'take the next conversation'],
    ['j, k', 'to the next, to the previous conversation'],
    ['Enter', 'open it'],
    ['a', 'accept it, or take it if it waits'],
    ['r', 'resolve it'],
    ['p', 'park it, or take it up again'],
    ['t', 'hand it over'],
    ['l', 'its labels'],
    ['/', 'search'],
    ['Esc', 'close'],
    ['?', 'this list'],
  ] as const,
};
