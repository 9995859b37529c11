import { texts } from '../texts.js';

export function Load({ load, maxLoad }: { load: number; maxLoad: number | null }) {
  return (
    <span class="load">
      {maxLoad !== null && (
        <span class="bar" aria-hidden="true">
          <i style={{ width: `${maxLoad === 0 ? 100 : Math.min(100, (100 * load) / maxLoad)}%` }} />
        </span>
      )}
      {texts.loadOf(load, maxLoad)}
    </span>
  );
}
