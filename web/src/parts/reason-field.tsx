import { texts } from '../texts.js';

const LONGEST = 200;

export function ReasonField({ reason, onInput }: { reason: string; onInput: (reason: string) => void }) {
  return (
    <label>
      {texts.reasonOptional}
      <input
        dir="auto"
        maxLength={LONGEST}
        value={reason}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
