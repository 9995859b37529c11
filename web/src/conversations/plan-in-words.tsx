import type { BulkItem, Conversation } from '@inbox-allocation/client/openapi';
import { customerOf } from '../conversation/customer.js';
import { name, plain, Say, type Sentence } from '../parts/sentence.js';
import { useValue } from '../parts/value.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';

/** The names that a line shows. */
const NAMED = 5;

interface Planned {
  readonly action: { readonly type: string };
  readonly items: readonly BulkItem[];
}

/** What would happen to each, those with the same outcome together. */
export function PlanInWords({ plan, known }: { plan: Planned; known: ReadonlyMap<string, Conversation> }) {
  const { directory } = useService();
  useValue(directory.names);
  const outcomeOf = ({ would, refusal }: BulkItem): { isBad: boolean; text: Sentence } => {
    if (refusal !== null) return { isBad: true, text: texts.refused(refusal) };
    if (would === null) return { isBad: false, text: texts.wouldStay };
    if (!would.changes) return { isBad: false, text: texts.wouldStay };
    const holder =
      would.assignedOperatorId === null ? null : name(directory.operator(would.assignedOperatorId));
    return {
      isBad: false,
      text: texts.would(plan.action.type, would.state, holder, name(directory.inbox(would.inboxId))),
    };
  };
  const groups = new Map<string, { isBad: boolean; text: Sentence; items: BulkItem[] }>();
  for (const item of plan.items) {
    const outcome = outcomeOf(item);
    const key = plain(outcome.text);
    const group = groups.get(key) ?? { ...outcome, items: [] };
    group.items.push(item);
    groups.set(key, group);
  }
  return (
    <ul class="plan">
      {[...groups].map(([key, { isBad, text, items }]) => (
        <li key={key}>
          <b class={isBad ? 'bad' : ''}>{texts.number(items.length)}</b> <Say of={text} />
          <small class="dim">
            {' '}
            <Say of={namesOf(items, known)} />
          </small>
        </li>
      ))}
    </ul>
  );
}

function namesOf(items: readonly BulkItem[], known: ReadonlyMap<string, Conversation>): Sentence {
  const names = items.flatMap(({ conversationId }) => {
    const conversation = known.get(conversationId);
    return conversation === undefined ? [] : [name(customerOf(conversation))];
  });
  const shown = names.slice(0, NAMED).flatMap((each, i) => (i === 0 ? [each] : [', ', each]));
  return names.length > NAMED ? [...shown, texts.andMore(items.length - NAMED)] : shown;
}
