import { isProblem, unwrap } from '@inbox-allocation/client';
import type { Conversation, ConversationHistory, Explanation } from '@inbox-allocation/client/openapi';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Span } from '../parts/clock.js';
import { Named, Say } from '../parts/sentence.js';
import { useValue } from '../parts/value.js';
import { messageOf } from '../service/problems.js';
import { useFresh, useService, type Service } from '../service/service.js';
import { texts } from '../texts.js';
import { BoardActions } from './board-actions.js';
import { conflicts } from './conflicts.js';
import { customerOf } from './customer.js';
import { DeskActions } from './desk-actions.js';
import { History } from './history.js';
import { Labels } from './labels.js';
import { WhyOperators } from './why-operators.js';
import { why } from './why.js';

/** All that a conversation is shown with. Its explanation is for supervisors. */
interface Shown {
  conversation: Conversation;
  history: ConversationHistory['data'];
  explanation: Explanation | null;
}

interface PanelProps {
  id: string;
  of: 'board' | 'desk';
  /** Whether it covers the page. */
  isAlone: boolean;
  onClose: () => void;
}

/** A conversation beside the page: who, why, what to do, and what happened. */
export function ConversationPanel({ id, of, isAlone, onClose }: PanelProps) {
  const service = useService();
  const { data, error } = useFresh(
    `${of} ${id}`,
    () => read(service, id, of === 'board'),
    (wake) => wake === null || wake.conversationId === id || (of === 'board' && wake.conversationId === null),
  );
  const panel = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const opener = document.activeElement;
    panel.current?.focus();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  const customer = data === null ? texts.conversation : customerOf(data.conversation);
  return (
    <section
      ref={panel}
      tabIndex={-1}
      class={`card panel ${isAlone ? 'alone' : ''}`}
      aria-label={customer}
      data-version={data?.conversation.version}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) onClose();
      }}
    >
      <header>
        <h2>
          <Named name={customer} />
        </h2>
        <button type="button" class="plain" aria-label={texts.closeConversation} onClick={onClose}>
          ✕
        </button>
      </header>
      {data === null ? (
        <p role="status" class="dim">
          {error === null
            ? texts.loading
            : isProblem(error, 'NOT_FOUND')
              ? texts.notVisible
              : messageOf(error)}
        </p>
      ) : (
        <Content {...data} of={of} />
      )}
    </section>
  );
}

function Content({ conversation, history, explanation, of }: Shown & Pick<PanelProps, 'of'>) {
  const { directory } = useService();
  useValue(directory.names);
  const conflict = useValue(conflicts).get(conversation.id);
  return (
    <>
      <Facts conversation={conversation} rank={explanation?.rank ?? null} />
      {conflict !== undefined && (
        <p class="problem conflict" role="status">
          <Say of={conflict} />
        </p>
      )}
      {explanation !== null && (
        <p class={`why ${conversation.state === 'QUEUED' ? 'warn' : ''}`}>
          <Say of={why(conversation, explanation)} />
        </p>
      )}
      {of === 'board' ? (
        <BoardActions conversation={conversation} explanation={explanation} />
      ) : (
        <DeskActions conversation={conversation} />
      )}
      <Labels conversation={conversation} />
      {explanation !== null && conversation.state !== 'RESOLVED' && (
        <WhyOperators explanation={explanation} inboxName={conversation.inboxName} />
      )}
      <History events={history} directory={directory} />
    </>
  );
}

function Facts({ conversation, rank }: { conversation: Conversation; rank: number | null }) {
  const { state, subject, customerPhoneNumber, customerAddress, displayName } = conversation;
  const contact = customerPhoneNumber ?? customerAddress;
  return (
    <>
      {subject !== null && (
        <p class="subject" dir="auto">
          {subject}
        </p>
      )}
      <p class="dim facts">
        <span>
          <bdi>{conversation.inboxName}</bdi>
        </span>
        {contact !== null && displayName !== null && (
          <span>
            <bdi>{contact}</bdi>
          </span>
        )}
        <span>{texts.messages(conversation.messageCount)}</span>
        {state === 'QUEUED' && <Span at={conversation.waitingSince} say={texts.waitingFor} />}
        {state === 'QUEUED' && rank !== null && <span>{texts.rank(rank)}</span>}
        {state === 'ALLOCATED' && (
          <span>
            <Say of={texts.withOperator(conversation.assignedOperatorName)} />
          </span>
        )}
        {state === 'ALLOCATED' && conversation.awaitingReplySince !== null && (
          <Span at={conversation.awaitingReplySince} say={texts.awaitsReply} />
        )}
        {state === 'RESOLVED' && conversation.resolvedAt !== null && (
          <Span at={conversation.resolvedAt} say={texts.resolvedAgo} />
        )}
        {conversation.outcome !== null && conversation.outcome !== 'HANDLED' && (
          <span>{texts.outcomes[conversation.outcome]}</span>
        )}
        {conversation.isParked &&
          (conversation.parkedUntil === null ? (
            <span>{texts.parkedOpen}</span>
          ) : (
            <Span at={conversation.parkedUntil} say={texts.parkedFor} />
          ))}
        {conversation.acceptBy !== null && <Span at={conversation.acceptBy} say={texts.acceptWithin} />}
        {conversation.boostMinutes !== 0 && <span>{texts.boosted(conversation.boostMinutes)}</span>}
      </p>
    </>
  );
}

async function read({ client }: Service, id: string, isExplained: boolean): Promise<Shown> {
  const params = { params: { path: { id } } };
  const [conversation, { data: history }, explanation] = await Promise.all([
    unwrap(client.GET('/api/v1/conversations/{id}', params)),
    unwrap(client.GET('/api/v1/conversations/{id}/history', params)),
    isExplained ? unwrap(client.GET('/api/v1/conversations/{id}/explain', params)) : null,
  ]);
  return { conversation, history, explanation };
}
