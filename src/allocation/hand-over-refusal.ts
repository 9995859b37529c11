import type { OperatorPrincipal } from '../access/principal.js';
import { transitionRefusal } from '../conversations/transition.js';
import { Problem } from '../http/problem.js';

/** The problem for a release or a transfer that is refused for the conversation or the caller, not for the receiver. */
export function handOverRefusal(
  name: 'release' | 'transfer',
  { role }: OperatorPrincipal,
  conversationId: string,
  row: Parameters<typeof transitionRefusal>[3],
): Problem {
  if (row.refusal === 'HAND_OVER_OFF') {
    const detail =
      'In this tenant only supervisors take conversations from operators (operatorsMayHandOver).';
    return new Problem('FORBIDDEN', detail, {}, 'operatorsMayHandOver');
  }
  if (row.refusal === 'OTHER_HOLDER') {
    const detail = `Another operator holds conversation ${conversationId}. You can ${name} only your own conversations.`;
    return new Problem('FORBIDDEN', detail, {}, 'another holder');
  }
  return transitionRefusal(name, role, conversationId, row);
}
