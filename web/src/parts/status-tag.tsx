import type { Availability } from '@inbox-allocation/client/openapi';
import { texts } from '../texts.js';

const TONES = { AVAILABLE: 'ok', PAUSED: 'warn', OFFLINE: '' } as const;

export function StatusTag({ status, reason }: { status: Availability; reason: string | null }) {
  const text = texts.statuses[status];
  return (
    <span class={`tag ${TONES[status]}`} dir="auto" title={reason ?? text}>
      {reason === null || reason === '' ? text : `${text}, ${reason}`}
    </span>
  );
}
