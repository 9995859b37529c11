import { ApiProperty } from '@nestjs/swagger';
import { sql } from '../database/statement.js';
import type { State } from '../ledger/state-machine.js';
import { CONFIDENCE, expectedSeconds, intervalOf, type Calibration } from './method.js';

export const REASONS = ['NOBODY_AVAILABLE', 'TOO_FEW_SAMPLES'] as const;
type Reason = (typeof REASONS)[number];

export class Outlook {
  @ApiProperty({
    type: 'integer',
    example: 4,
    description:
      'The place in the queue of the inbox, from 1. Beyond 1,000 it is a bound: the place is this one or a better one.',
  })
  place: number;
  @ApiProperty({ example: true, description: '`false`: `place` is a bound.' })
  placeIsExact: boolean;
  @ApiProperty({ type: 'integer', example: 12, description: 'How many wait in the inbox.' })
  waiting: number;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 180,
    description: 'Seconds until the conversation will probably be given to somebody; null with a `reason`.',
  })
  expectedWaitSeconds: number | null;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 75,
    description:
      'The interval from `low` to `high` contains the actual wait with the probability `confidence`.',
  })
  low: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 420 })
  high: number | null;
  @ApiProperty({ example: CONFIDENCE })
  confidence: number;
  @ApiProperty({
    type: 'integer',
    example: 1000,
    description: 'The number of earlier outlooks of the tenant that the interval is made from.',
  })
  basedOn: number;
  @ApiProperty({
    type: String,
    enum: [...REASONS, null],
    nullable: true,
    example: null,
    description:
      'Why there is no expected wait. NOBODY_AVAILABLE: no operator who could be given it is AVAILABLE. ' +
      'TOO_FEW_SAMPLES: too few conversations of the inbox were taken, or too few outlooks of the tenant have ended, ' +
      'since somebody first asked.',
  })
  reason: Reason | null;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T09:30:00.000Z' })
  asOf: string;
}

/** $1 tenant, $2 conversations. The function of this name does the work. */
export const OUTLOOK_FACTS = sql`
  select conversation_id, inbox_id, state, assigned_operator_id, version, as_of, place, is_exact, waiting,
    is_somebody_available, takes, seconds, outcomes, low_ratio, high_ratio
  from outlook_facts($1, $2)`;

interface Facts {
  conversation_id: string;
  inbox_id: string;
  version: number;
  as_of: Date;
}
export interface NotQueued extends Facts {
  state: Exclude<State, 'QUEUED'>;
  assigned_operator_id: string | null;
}
export interface Queued extends Facts {
  state: 'QUEUED';
  place: number;
  is_exact: boolean;
  waiting: number;
  is_somebody_available: boolean;
  /** null while nobody asked for this inbox. */
  takes: number | null;
  seconds: number | null;
  outcomes: number | null;
  low_ratio: number | null;
  high_ratio: number | null;
}
export type FactsRow = Queued | NotQueued;

/** An outlook and what is kept of it. `expected` can be known while there are too few outcomes to tell it. */
export interface ComputedOutlook {
  outlook: Outlook;
  expected: number | null;
}

export function outlookOf(facts: Queued): ComputedOutlook {
  const { place, takes, seconds } = facts;
  const expected = facts.is_somebody_available
    ? expectedSeconds(place, { takes: takes ?? 0, seconds: seconds ?? 0 })
    : null;
  const calibration = calibrationIn(facts);
  const told = calibration === null ? null : expected;
  const interval = calibration === null || told === null ? null : intervalOf(told, calibration);
  return {
    expected,
    outlook: {
      place,
      placeIsExact: facts.is_exact,
      waiting: facts.waiting,
      expectedWaitSeconds: told === null ? null : Math.round(told),
      low: interval === null ? null : Math.floor(interval.low),
      high: interval === null ? null : Math.ceil(interval.high),
      confidence: CONFIDENCE,
      basedOn: calibration?.outcomes ?? 0,
      reason: !facts.is_somebody_available ? 'NOBODY_AVAILABLE' : told === null ? 'TOO_FEW_SAMPLES' : null,
      asOf: facts.as_of.toISOString(),
    },
  };
}

function calibrationIn({ outcomes, low_ratio, high_ratio }: Queued): Calibration | null {
  if (outcomes === null || low_ratio === null || high_ratio === null) return null;
  return { outcomes, lowRatio: low_ratio, highRatio: high_ratio };
}
