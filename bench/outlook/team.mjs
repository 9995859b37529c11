// @ts-check
// A simulated team, second by second of its events: customers who arrive, operators who come, take, pause and leave.
import { Chance } from './chance.mjs';
import { Timeline } from './timeline.mjs';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Of the conversations: how many arrive in each inbox. */
const INBOXES = [0.6, 0.3, 0.1];
/** The inboxes of the operators, in turn. */
const SUBSCRIPTIONS = [[0, 1], [0], [0, 1, 2], [1, 2], [0]];
const HANDLING = { mean: 10 * 60, sigma: 0.8 };
const AT_ONCE = 2;
const BETWEEN_TAKES = 25;
const SHARES = { boosted: 0.05, leaves: 0.03, asksAgain: 0.25 };
const BOOST = 30 * 60;

/**
 * @typedef {object} Conversation
 * @property {number} inbox
 * @property {number} since when the customer began to wait
 * @property {number} order the lower, the earlier it is taken
 * @property {boolean} isWaiting
 */
/**
 * @typedef {object} Operator
 * @property {readonly number[]} inboxes
 * @property {boolean} isAvailable
 * @property {boolean} isAsking
 * @property {number} load
 */
/**
 * What the service could know.
 * @typedef {object} Watcher
 * @property {(now: number, conversation: Conversation, team: Team) => void} asked somebody asks for an outlook
 * @property {(now: number, conversation: Conversation) => void} given
 * @property {(conversation: Conversation) => void} left without having been given
 * @property {(seconds: number) => void} handled
 * @property {(team: Team) => void} look
 */

export class Team {
  /**
   * @param {import('./days.mjs').Day} day @param {number} seed
   * @param {number} lookSeconds how often the service looks @param {Watcher} watcher
   */
  constructor(day, seed, lookSeconds, watcher) {
    this.day = day;
    this.lookSeconds = lookSeconds;
    this.chance = new Chance(seed);
    this.watcher = watcher;
    this.timeline = new Timeline();
    /** By inbox, best first. @type {Conversation[][]} */
    this.queues = INBOXES.map(() => []);
    /** @type {Operator[]} */
    this.operators = [];
  }

  /** @param {number} days */
  run(days) {
    for (let day = 0; day < days; day++) this.plan(day * DAY);
    this.look(0);
    this.timeline.run(days * DAY);
  }

  /** @param {number} now */
  look(now) {
    this.watcher.look(this);
    this.timeline.at(now + this.lookSeconds, (later) => this.look(later));
  }

  /** How many are available for an inbox. @param {number} inbox */
  available(inbox) {
    return this.operators.filter(({ isAvailable, inboxes }) => isAvailable && inboxes.includes(inbox)).length;
  }

  /** The place in the queue of its inbox, from 1. @param {Conversation} conversation */
  place(conversation) {
    return 1 + (this.queues[conversation.inbox]?.indexOf(conversation) ?? 0);
  }

  /** @param {number} midnight */
  plan(midnight) {
    const { chance } = this;
    // No two days are alike: more or fewer customers.
    const busy = chance.between(0.88, 1.12);
    const most = 250;
    for (
      let at = midnight + chance.exponential(HOUR / most);
      at < midnight + DAY;
      at += chance.exponential(HOUR / most)
    )
      if (chance.share() * most < busy * this.day.arrivals((at - midnight) / HOUR))
        this.timeline.at(at, (now) => this.arrive(now));
    let number = 0;
    for (const { operators, from, to } of this.day.shifts)
      for (let i = 0; i < operators; i++) {
        const inboxes = SUBSCRIPTIONS[number++ % SUBSCRIPTIONS.length] ?? [0];
        // Some are ill.
        if (chance.share() < 0.06) continue;
        const operator = { inboxes, isAvailable: false, isAsking: false, load: 0 };
        const starts = midnight + from * HOUR + chance.between(-600, 600);
        const ends = midnight + to * HOUR + chance.between(-600, 600);
        const pauses = chance.between(starts + 2.5 * HOUR, ends - 3 * HOUR);
        this.timeline.at(starts, (now) => this.come(now, operator));
        this.timeline.at(pauses, () => this.go(operator));
        this.timeline.at(pauses + chance.between(1200, 2700), (now) => this.come(now, operator));
        this.timeline.at(ends, () => this.go(operator));
        this.timeline.at(starts, () => this.operators.push(operator));
        this.timeline.at(ends, () => this.operators.splice(this.operators.indexOf(operator), 1));
      }
  }

  /** @param {number} now */
  arrive(now) {
    const { chance } = this;
    let share = chance.share();
    const inbox = INBOXES.findIndex((part) => (share -= part) < 0);
    const order = now - (chance.share() < SHARES.boosted ? BOOST : 0);
    const conversation = { inbox: Math.max(inbox, 0), since: now, order, isWaiting: true };
    const queue = this.queues[conversation.inbox] ?? [];
    const before = queue.findIndex((other) => other.order > order);
    queue.splice(before < 0 ? queue.length : before, 0, conversation);
    this.watcher.asked(now, conversation, this);
    if (chance.share() < SHARES.asksAgain)
      this.timeline.at(now + chance.exponential(900), (later) => {
        if (conversation.isWaiting) this.watcher.asked(later, conversation, this);
      });
    if (chance.share() < SHARES.leaves)
      this.timeline.at(now + chance.exponential(1800), () => {
        if (!conversation.isWaiting) return;
        this.dequeue(conversation);
        this.watcher.left(conversation);
      });
    for (const operator of this.operators)
      if (operator.inboxes.includes(conversation.inbox)) this.ask(now, operator);
  }

  /** @param {number} now @param {Operator} operator */
  come(now, operator) {
    operator.isAvailable = true;
    this.ask(now, operator);
  }

  /** @param {Operator} operator */
  go(operator) {
    operator.isAvailable = false;
  }

  /** They ask for the next one, a little later. @param {number} now @param {Operator} operator */
  ask(now, operator) {
    if (operator.isAsking || !operator.isAvailable || operator.load >= AT_ONCE) return;
    operator.isAsking = true;
    this.timeline.at(now + this.chance.exponential(BETWEEN_TAKES), (later) => this.take(later, operator));
  }

  /** @param {number} now @param {Operator} operator */
  take(now, operator) {
    operator.isAsking = false;
    if (!operator.isAvailable || operator.load >= AT_ONCE) return;
    const heads = operator.inboxes.flatMap((inbox) => this.queues[inbox]?.slice(0, 1) ?? []);
    const best = heads.sort((a, b) => a.order - b.order)[0];
    if (best === undefined) return;
    this.dequeue(best);
    operator.load++;
    this.watcher.given(now, best);
    const seconds = this.chance.skewed(HANDLING.mean, HANDLING.sigma);
    this.timeline.at(now + seconds, (later) => {
      operator.load--;
      this.watcher.handled(seconds);
      this.ask(later, operator);
    });
    this.ask(now, operator);
  }

  /** @param {Conversation} conversation */
  dequeue(conversation) {
    const queue = this.queues[conversation.inbox] ?? [];
    conversation.isWaiting = false;
    queue.splice(queue.indexOf(conversation), 1);
  }
}
