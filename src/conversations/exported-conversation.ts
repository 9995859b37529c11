import { WAITING } from './conversation-examples.js';
import { conversationResponse, type ConversationResponse } from './conversation.js';
import { csvLine } from './csv.js';
import type { ExportedRow } from './export-conversations.js';

/** What an export tells of a conversation like every other response does, in the order of its columns. */
const AS_EVERYWHERE = [
  'id',
  'externalConversationId',
  'inboxId',
  'inboxName',
  'originInboxId',
  'state',
  'customerPhoneNumber',
  'customerAddress',
  'displayName',
  'subject',
  'leadId',
  'assignedOperatorId',
  'assignedOperatorName',
  'lastOperatorId',
  'lastOperatorName',
  'messageCount',
  'waitingMessageCount',
  'boostMinutes',
  'isParked',
  'createdAt',
  'waitingSince',
  'lastMessageAt',
  'lastReplyAt',
  'awaitingReplySince',
  'resolvedAt',
  'outcome',
  'updatedAt',
  'version',
] as const satisfies readonly (keyof ConversationResponse)[];

/** A line of an export. */
export interface ExportedConversation extends Pick<ConversationResponse, (typeof AS_EVERYWHERE)[number]> {
  /** When it was first given to an operator since its customer began to wait. */
  givenAt: string | null;
  /** Until it was given; of one that was not given, until it was resolved, or until it was read. */
  waitedSeconds: number;
  /** Their names. */
  labels: string[];
}

export const COLUMNS: readonly (keyof ExportedConversation)[] = [
  ...AS_EVERYWHERE,
  'givenAt',
  'waitedSeconds',
  'labels',
];

/** How the lines of an export are written, by their type. */
export interface ExportFormat {
  readonly type: 'text/csv' | 'application/x-ndjson';
  readonly contentType: string;
  readonly fileExtension: string;
  readonly header: string;
  readonly line: (conversation: ExportedConversation) => string;
}

export const EXPORT_FORMATS: readonly ExportFormat[] = [
  {
    type: 'text/csv',
    contentType: 'text/csv; charset=utf-8; header=present',
    fileExtension: 'csv',
    header: csvLine(COLUMNS),
    line: (conversation) =>
      csvLine(
        COLUMNS.map((column) =>
          column === 'labels' ? conversation.labels.join('; ') : conversation[column],
        ),
      ),
  },
  {
    type: 'application/x-ndjson',
    contentType: 'application/x-ndjson; charset=utf-8',
    fileExtension: 'ndjson',
    header: '',
    line: (conversation) => `${JSON.stringify(conversation, [...COLUMNS])}\n`,
  },
];

export function exportedConversation(row: ExportedRow): ExportedConversation {
  const until = row.given_at ?? row.resolved_at ?? row.as_of;
  return {
    ...conversationResponse(row),
    givenAt: row.given_at?.toISOString() ?? null,
    waitedSeconds: Math.max(0, until.getTime() - row.waiting_since.getTime()) / 1_000,
    labels: row.labels.map(({ name }) => name),
  };
}

const EXAMPLE: ExportedConversation = {
  ...WAITING,
  givenAt: null,
  waitedSeconds: 7_800.24,
  labels: WAITING.labels.map(({ name }) => name),
};

/** For the API document: an export of one conversation, by its type. */
export const EXPORT_EXAMPLES = Object.fromEntries(
  EXPORT_FORMATS.map(({ type, header, line }) => [type, header + line(EXAMPLE)]),
);
