import type { Conversation, Explanation } from '@inbox-allocation/client/openapi';
import { now } from '../parts/clock.js';
import { name, say, type Sentence } from '../parts/sentence.js';
import { texts } from '../texts.js';
import { readyOf, type Candidate } from './candidates.js';
import { customerOf } from './customer.js';

/** How many people a sentence names. */
const NAMED = 3;

/** Why the conversation is where it is. */
export function why(conversation: Conversation, explanation: Explanation): Sentence {
  const customer = name(customerOf(conversation));
  if (conversation.state === 'RESOLVED') return texts.why.resolved(customer, conversation.lastOperatorName);
  if (conversation.state === 'ALLOCATED')
    return texts.why.held(customer, conversation.assignedOperatorName, conversation);
  const inbox = name(conversation.inboxName);
  const { operators, distribution, rank } = explanation;
  const eligible = operators.filter((operator) => operator.eligible);
  if (eligible.length === 0) return nobodyCan(customer, inbox, explanation);
  const waits =
    distribution === 'PULL'
      ? texts.why.nobodyAsked(customer, inbox, sinceLastAsked(conversation, eligible))
      : texts.why.nextDistribution(customer, inbox);
  const ahead = rank !== null && rank > 1 ? texts.why.ahead(rank - 1) : [];
  const rooms = readyOf(explanation)
    .filter((operator) => operator.eligible)
    .slice(0, NAMED - 1)
    .map((operator) => texts.why.room(name(operator.name), operator));
  return say`${waits}${ahead}${rooms.flat()}`;
}

function nobodyCan(
  customer: ReturnType<typeof name>,
  inbox: ReturnType<typeof name>,
  { operators }: Explanation,
): Sentence {
  const subscribed = operators.filter(({ reasons }) => !reasons.includes('NOT_SUBSCRIBED'));
  if (subscribed.length === 0) return texts.why.nobodySubscribed(customer, inbox);
  const reasons = subscribed
    .slice(0, NAMED)
    .map((operator) => texts.why.cannot(name(operator.name), reasonInWords(operator)));
  return say`${texts.why.nobodyCan(customer)}${reasons.flat()}${texts.why.others(subscribed.length - NAMED)}`;
}

/** The most telling of somebody's reasons. */
export function reasonInWords(operator: Candidate): string {
  const { reasons } = operator;
  const [first] = texts.reasonOrder.filter((reason) => reasons.includes(reason));
  return first === undefined ? texts.couldTake : texts.reasons[first](operator);
}

/** For how many seconds nobody who could take it has been given anything. */
function sinceLastAsked({ waitingSince }: Conversation, eligible: readonly Candidate[]): number {
  const given = eligible.map(({ lastGivenAt }) => Date.parse(lastGivenAt ?? waitingSince));
  return Math.max(0, (now() - Math.max(Date.parse(waitingSince), ...given)) / 1000);
}
