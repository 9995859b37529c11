import { ApiProperty } from '@nestjs/swagger';
import { OUTCOMES, type Outcome } from '../ledger/outcome.js';

const count = (example: number, description: string) => ({ type: 'integer' as const, example, description });

/** Resolutions by outcome. Together they are all resolutions. */
export class OutcomeCounts {
  @ApiProperty(count(29, 'As HANDLED, and those from before there were outcomes.'))
  handled: number;
  @ApiProperty(count(2, 'As ABANDONED.'))
  abandoned: number;
  @ApiProperty(count(1, 'As SPAM.'))
  spam: number;
  @ApiProperty(count(1, 'As DUPLICATE.'))
  duplicate: number;
}

type Other = Exclude<Outcome, 'HANDLED'>;
export type OutcomeColumns = Record<`resolved_${Lowercase<Other>}`, number | null>;

const columnOf = (outcome: Other) => `resolved_${outcome.toLowerCase() as Lowercase<Other>}` as const;

/**
 * The columns of those with another outcome than HANDLED, from rows of activityBetween.
 * @param rows the alias of these rows
 */
export const outcomeColumns = (rows: string): string =>
  OUTCOMES.filter((outcome) => outcome !== 'HANDLED')
    .map(
      (outcome) =>
        `coalesce(sum(${rows}.count) filter (where ${rows}.type = 'conversation.resolved ${outcome}'), 0)::integer as ${columnOf(outcome)}`,
    )
    .join(', ');

/** @param resolved all resolutions */
export function outcomeCounts(resolved: number, row: OutcomeColumns): OutcomeCounts {
  const [abandoned, spam, duplicate] = [
    row.resolved_abandoned ?? 0,
    row.resolved_spam ?? 0,
    row.resolved_duplicate ?? 0,
  ];
  return { handled: resolved - abandoned - spam - duplicate, abandoned, spam, duplicate };
}
