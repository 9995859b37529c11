import type { Explanation } from '@inbox-allocation/client/openapi';

export type Candidate = Explanation['operators'][number];

/** The best first. */
export function inOrder(operators: readonly Candidate[]): Candidate[] {
  return operators.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      share(a) - share(b) ||
      (a.lastGivenAt ?? '').localeCompare(b.lastGivenAt ?? '') ||
      a.name.localeCompare(b.name),
  );
}

/** The operators whom a supervisor can give the conversation, the best first. */
export function candidatesOf({ operators, assignedOperatorId }: Explanation): Candidate[] {
  return inOrder(operators).filter(
    ({ operatorId, reasons }) => operatorId !== assignedOperatorId && !reasons.includes('INACTIVE'),
  );
}

/** Those who are there and have room. */
export function readyOf(explanation: Explanation): Candidate[] {
  return candidatesOf(explanation).filter((candidate) => rank(candidate) <= 1);
}

export function isFull({ reasons }: Candidate): boolean {
  return reasons.includes('AT_CAPACITY');
}

function rank({ eligible, reasons, status }: Candidate): number {
  if (eligible) return 0;
  if (status !== 'AVAILABLE' || reasons.includes('NOT_PRESENT')) return status === 'PAUSED' ? 4 : 5;
  if (reasons.includes('AT_CAPACITY') || reasons.includes('AT_INBOX_CAPACITY')) return 3;
  return reasons.includes('NOT_SUBSCRIBED') ? 2 : 1;
}

function share({ load, maxLoad }: Candidate): number {
  return maxLoad === null ? load / 1_000 : load / Math.max(1, maxLoad);
}
