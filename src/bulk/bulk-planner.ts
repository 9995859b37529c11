import { Injectable } from '@nestjs/common';
import { rightOf, type TenantPrincipal } from '../access/principal.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { NotFound, Problem, ValidationFailed, type ProblemCode } from '../http/problem.js';
import { InboxReader } from '../inboxes/inbox-reader.js';
import { allowedFrom, refusalIn, type Mover, type State } from '../ledger/state-machine.js';
import type { BulkActionType } from './bulk-actions.js';
import type { BulkAction } from './bulk-requests.js';
import {
  READ_FACTS,
  READ_INBOX_ROOM,
  READ_RECEIVERS,
  type FactsRow,
  type InboxRoomRow,
  type ReceiverRow,
} from './plan-facts.js';
import { ShareOut } from './share-out.js';

/** What the action would make of a conversation, or the code of its refusal. */
export interface PlannedItem {
  id: string;
  version: number | null;
  would: { state: State; operatorId: string | null; inboxId: string; changes: boolean } | null;
  refusal: ProblemCode | null;
}

type Field = Exclude<keyof BulkAction, 'type'>;

/** The fields that each action needs, and those that it can have. */
const FIELDS: Record<BulkActionType, { needed: readonly Field[]; possible?: readonly Field[] }> = {
  reassign: { needed: ['operatorIds'], possible: ['overrideCapacity'] },
  deallocate: { needed: [] },
  resolve: { needed: [], possible: ['outcome'] },
  move: { needed: ['inboxId'] },
  boost: { needed: ['minutes'] },
  label: { needed: ['labelId'] },
  unlabel: { needed: ['labelId'] },
};

const READ_LABEL = sql`
  select l.inbox_id from labels l where l.tenant_id = $1 and l.id = $2 and l.deleted_at is null`;

/** @throws VALIDATION_FAILED when a field of the action is missing, or belongs to another one */
export function checkAction({ type, ...fields }: BulkAction): void {
  const { needed, possible = [] } = FIELDS[type];
  const known = new Set<string>([...needed, ...possible]);
  const given = Object.entries<unknown>({ ...fields }).flatMap(([field, value]) =>
    value === undefined ? [] : [field],
  );
  const errors = [
    ...needed
      .filter((field) => !given.includes(field))
      .map((field) => ({ field: `action.${field}`, message: `action.${field} is needed with ${type}` })),
    ...given
      .filter((field) => !known.has(field))
      .map((field) => ({ field: `action.${field}`, message: `action.${field} does not belong to ${type}` })),
  ];
  if (errors.length > 0) throw new ValidationFailed(errors);
}

/** Tells what a bulk would do, by the rules of the actions on one conversation. It locks and changes nothing. */
@Injectable()
export class BulkPlanner {
  constructor(private readonly inboxes: InboxReader) {}

  /** @throws NOT_FOUND, INBOX_INACTIVE for what the action itself names */
  async plan(
    tx: Transaction,
    caller: TenantPrincipal,
    action: BulkAction,
    ids: readonly string[],
  ): Promise<PlannedItem[]> {
    const { tenantId } = caller;
    const { inboxId = null, labelId = null } = action;
    if (inboxId !== null) await this.inboxes.getActive(tenantId, inboxId);
    const labelInbox = labelId === null ? null : await inboxOfLabel(tx, tenantId, labelId);
    const facts = await rowsOf<FactsRow>(tx, READ_FACTS, [tenantId, ids, labelId, inboxId]);
    const shareOut = action.type === 'reassign' ? await readShareOut(tx, tenantId, action, facts) : null;
    const mover = rightOf(caller) as Mover;
    return facts.map((row) => {
      const { id, version } = row;
      const refusal = refusalOf(action.type, mover, row, labelInbox);
      if (refusal !== null) return { id, version, would: null, refusal };
      const would = wouldBe(action, row, shareOut);
      return would === null
        ? { id, version, would, refusal: 'OPERATOR_AT_CAPACITY' }
        : { id, version, would, refusal: null };
    });
  }
}

function refusalOf(
  type: BulkActionType,
  mover: Mover,
  row: FactsRow,
  labelInbox: string | null,
): ProblemCode | null {
  if (row.version === null) return 'NOT_FOUND';
  if (!allowedFrom(type, mover).includes(row.state)) return refusalIn(type, mover, row.state);
  if (type === 'reassign' && row.state === 'RESOLVED' && !row.inbox_is_active) return 'INBOX_INACTIVE';
  if (labelInbox !== null && labelInbox !== row.inbox_id) return 'LABEL_OF_OTHER_INBOX';
  return null;
}

/** @returns null when nobody has room for it */
function wouldBe(action: BulkAction, row: FactsRow, shareOut: ShareOut | null): PlannedItem['would'] {
  const { state, assigned_operator_id: holder, inbox_id } = row;
  const stays = { state, operatorId: holder, inboxId: inbox_id };
  switch (action.type) {
    case 'reassign': {
      const operatorId = shareOut?.next(inbox_id, holder) ?? null;
      if (operatorId === null) return null;
      return { state: 'ALLOCATED', operatorId, inboxId: inbox_id, changes: operatorId !== holder };
    }
    case 'deallocate':
      return { state: 'QUEUED', operatorId: null, inboxId: inbox_id, changes: true };
    case 'resolve':
      return { state: 'RESOLVED', operatorId: null, inboxId: inbox_id, changes: true };
    case 'move': {
      const inboxId = action.inboxId ?? inbox_id;
      if (inboxId === inbox_id) return { ...stays, changes: false };
      const keeps = state !== 'ALLOCATED' || row.may_keep;
      return keeps
        ? { ...stays, inboxId, changes: true }
        : { state: 'QUEUED', operatorId: null, inboxId, changes: true };
    }
    case 'boost':
      return { ...stays, changes: action.minutes !== row.boost_minutes };
    case 'label':
      return { ...stays, changes: !row.has_label };
    case 'unlabel':
      return { ...stays, changes: row.has_label };
  }
}

async function readShareOut(
  tx: Transaction,
  tenantId: string,
  { operatorIds = [], overrideCapacity = false }: BulkAction,
  facts: readonly FactsRow[],
): Promise<ShareOut> {
  const receivers = await rowsOf<ReceiverRow>(tx, READ_RECEIVERS, [tenantId, operatorIds]);
  for (const id of operatorIds) {
    const receiver = receivers.find((one) => one.id === id);
    if (receiver === undefined) throw new NotFound('operator', id);
    if (!receiver.is_active) throw new Problem('NOT_FOUND', `Operator ${id} has been deactivated.`);
  }
  const inboxes = [
    ...new Set(facts.flatMap(({ version, inbox_id }) => (version === null ? [] : [inbox_id]))),
  ];
  const rooms = await rowsOf<InboxRoomRow>(tx, READ_INBOX_ROOM, [tenantId, operatorIds, inboxes]);
  return new ShareOut(receivers, rooms, overrideCapacity);
}

async function inboxOfLabel(tx: Transaction, tenantId: string, labelId: string): Promise<string> {
  const [label] = await rowsOf<{ inbox_id: string }>(tx, READ_LABEL, [tenantId, labelId]);
  if (label === undefined) throw new NotFound('label', labelId);
  return label.inbox_id;
}
