import { ForeignIdQuery } from '../customers/id-field.js';
import { PhoneQuery } from '../customers/phone-fields.js';
import { IdField, momentOf, NameField, TimeField } from '../http/fields.js';
import { ValidationFailed } from '../http/problem.js';
import { ValuesField } from '../http/values-field.js';
import { OUTCOMES, type Outcome } from '../ledger/outcome.js';
import { STATES, type State } from '../ledger/state-machine.js';

const SEVERAL = 'Several values: any of them.';
const from = (what: string) => ({ description: `Only what ${what} at this time or later.`, optional: true });
const to = (what: string) => ({ description: `Only what ${what} before this time.`, optional: true });

/** The filters of conversations, for the query of a list and for the body of a selection. */
function filtersIn(place: 'query' | 'body') {
  class Fields {
    @ValuesField({ in: place, of: STATES, description: `Only conversations in this state. ${SEVERAL}` })
    state?: State[];

    @ValuesField({
      in: place,
      of: OUTCOMES,
      description: `Only RESOLVED conversations with this outcome. ${SEVERAL}`,
    })
    outcome?: Outcome[];

    @ValuesField({ in: place, description: `Only conversations of this inbox. ${SEVERAL}` })
    inboxId?: string[];

    @ValuesField({ in: place, description: `Only conversations that this operator holds. ${SEVERAL}` })
    assignedOperatorId?: string[];

    @IdField({
      description: 'Only RESOLVED conversations that this operator held when they were resolved.',
      optional: true,
    })
    lastOperatorId?: string;

    @PhoneQuery({
      description: 'Only conversations of this customer, also by a former number or another form of it.',
      optional: true,
    })
    customerPhoneNumber?: string;

    @ValuesField({ in: place, description: `Only conversations with this label. ${SEVERAL}` })
    labelId?: string[];

    @NameField({
      description:
        'Only conversations with a label of this name, in every inbox. Case and blanks do not count.',
      optional: true,
    })
    labelName?: string;

    @IdField({
      description: 'Only conversations of this lead, or of the one into which it was merged.',
      optional: true,
    })
    leadId?: string;

    @ForeignIdQuery({
      description: "The thread's id in the orchestrator. Threads of several inboxes can have the same one.",
      optional: true,
    })
    externalConversationId?: string;

    @TimeField(from('was created'))
    createdFrom?: string;

    @TimeField(to('was created'))
    createdTo?: string;

    @TimeField(from('was resolved'))
    resolvedFrom?: string;

    @TimeField(to('was resolved'))
    resolvedTo?: string;

    @TimeField(from('had its last message'))
    lastMessageFrom?: string;

    @TimeField(to('had its last message'))
    lastMessageTo?: string;

    @TimeField({
      description: 'Only conversations whose customer waits since before this time.',
      optional: true,
    })
    waitingSinceTo?: string;
  }
  return Fields;
}

/** The filters as query parameters. */
export class ConversationFilterQuery extends filtersIn('query') {}

/** The same filters in a body: several values are a list. */
export class ConversationFilterBody extends filtersIn('body') {}

/** Checked filters, by their names in requests. A filter that is not set has no effect. */
export interface Filters {
  state?: readonly State[];
  outcome?: readonly Outcome[];
  inboxId?: readonly string[];
  assignedOperatorId?: readonly string[];
  lastOperatorId?: string;
  customerPhoneNumber?: string;
  labelId?: readonly string[];
  labelName?: string;
  leadId?: string;
  externalConversationId?: string;
  createdFrom?: string;
  createdTo?: string;
  resolvedFrom?: string;
  resolvedTo?: string;
  lastMessageFrom?: string;
  lastMessageTo?: string;
  waitingSinceTo?: string;
}

const VALUES = ['state', 'outcome', 'inboxId', 'assignedOperatorId', 'labelId'] as const;
const RANGES = [
  ['createdFrom', 'createdTo'],
  ['resolvedFrom', 'resolvedTo'],
  ['lastMessageFrom', 'lastMessageTo'],
] as const;
const TIMES = [...RANGES.flat(), 'waitingSinceTo'] as const;

/**
 * The filters of a request in one form, whatever its order and whatever else the request has: values sorted and each
 * once, times in UTC.
 * @throws VALIDATION_FAILED for a range that ends before it begins
 */
export function filtersOf(query: ConversationFilterQuery | ConversationFilterBody): Filters {
  const { lastOperatorId, customerPhoneNumber, labelName, leadId, externalConversationId } = query;
  const given: Record<string, unknown> = {
    lastOperatorId,
    customerPhoneNumber,
    labelName,
    leadId,
    externalConversationId,
  };
  for (const name of VALUES) if (query[name] !== undefined) given[name] = [...new Set(query[name])].sort();
  for (const name of TIMES)
    if (query[name] !== undefined) given[name] = momentOf(name, query[name]).toISOString();
  const filters = Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ) as Filters;
  for (const [begin, end] of RANGES) {
    if (filters[begin] !== undefined && filters[end] !== undefined && filters[end] < filters[begin])
      throw new ValidationFailed([{ field: end, message: `${end} must not be earlier than ${begin}` }]);
  }
  return filters;
}

/** The filters in the scope of a cursor: a single value as itself, as cursors had it before filters took several. */
export function scopeOf(filters: Filters): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(filters).map(([name, value]: [string, unknown]) => [
      name,
      Array.isArray(value) && value.length === 1 ? (value[0] as string) : value,
    ]),
  );
}
