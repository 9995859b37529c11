import type { Conversation } from '@inbox-allocation/client/openapi';
import { customerOf } from '../conversation/customer.js';
import { Ago, Span } from '../parts/clock.js';
import { LabelTag } from '../parts/label-tag.js';
import { memo } from '../parts/memo.js';
import { go } from '../parts/place.js';
import { Named } from '../parts/sentence.js';
import { useLatest } from '../parts/use-latest.js';
import { texts } from '../texts.js';

type Selected = ReadonlyMap<string, Conversation>;

export function ConversationTable({
  conversations,
  open,
  selected,
  onSelect,
}: {
  conversations: readonly Conversation[];
  open: string | null;
  selected: Selected;
  onSelect: (selected: Selected) => void;
}) {
  const latest = useLatest({ selected, onSelect });
  if (conversations.length === 0) return <p class="dim">{texts.noConversations}</p>;
  const isAll = conversations.every(({ id }) => selected.has(id));
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th scope="col" class="check">
              <input
                type="checkbox"
                aria-label={texts.selectShown}
                checked={isAll}
                onChange={() => onSelect(new Map(isAll ? [] : conversations.map((each) => [each.id, each])))}
              />
            </th>
            <th scope="col">{texts.customer}</th>
            <th scope="col">{texts.state}</th>
            <th scope="col" class="roomy">
              {texts.inbox}
            </th>
            <th scope="col" class="n roomy">
              {texts.lastMessage}
            </th>
            <th scope="col" class="roomy">
              {texts.labels}
            </th>
          </tr>
        </thead>
        <tbody>
          {conversations.map((each) => (
            <Row
              key={each.id}
              conversation={each}
              isOpen={each.id === open}
              isSelected={selected.has(each.id)}
              onToggle={() => {
                const next = new Map(latest.current.selected);
                if (!next.delete(each.id)) next.set(each.id, each);
                latest.current.onSelect(next);
              }}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Row = memo(function Row({
  conversation,
  isOpen,
  isSelected,
  onToggle,
}: {
  conversation: Conversation;
  isOpen: boolean;
  isSelected: boolean;
  onToggle: () => void;
}) {
  const customer = customerOf(conversation);
  return (
    <tr class={isOpen ? 'open' : ''}>
      <td class="check">
        <input
          type="checkbox"
          aria-label={texts.selectName(customer)}
          checked={isSelected}
          onChange={onToggle}
        />
      </td>
      <th scope="row">
        <button
          type="button"
          class="link"
          {...(isOpen ? { 'aria-current': 'true' as const } : {})}
          onClick={() => go({ open: conversation.id })}
        >
          <Named name={customer} />
        </button>
      </th>
      <td>
        <StateInWords conversation={conversation} />
      </td>
      <td class="roomy">
        <Named name={conversation.inboxName} className="short" />
      </td>
      <td class="n roomy">
        <Ago at={conversation.lastMessageAt} />
      </td>
      <td class="roomy">
        <ul class="labels">
          {conversation.labels.map((label) => (
            <li key={label.id}>
              <LabelTag label={label} />
            </li>
          ))}
        </ul>
      </td>
    </tr>
  );
});

function StateInWords({ conversation }: { conversation: Conversation }) {
  const { state, waitingSince, assignedOperatorName, isParked, resolvedAt, lastMessageAt } = conversation;
  if (state === 'QUEUED') return <Span at={waitingSince} say={texts.waitingFor} />;
  if (state === 'RESOLVED') return <Span at={resolvedAt ?? lastMessageAt} say={texts.resolvedAgo} />;
  return (
    <>
      {isParked ? texts.parkedWith : texts.withWhom}{' '}
      <Named name={assignedOperatorName ?? texts.someOperator} className="short" />
    </>
  );
}
