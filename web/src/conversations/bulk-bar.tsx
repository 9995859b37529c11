import type { BulkAction, BulkRequest, Conversation } from '@inbox-allocation/client/openapi';
import { useState } from 'preact/hooks';
import { texts } from '../texts.js';
import { BulkDialog } from './bulk-dialog.js';
import type { queryOf } from './filters.js';

const TYPES = ['reassign', 'deallocate', 'move', 'boost', 'label', 'resolve'] as const;
export type BulkType = (typeof TYPES)[number] & BulkAction['type'];

/** What can be done with many conversations at once. */
export function BulkBar({
  selected,
  filters,
  total,
  onSelectAll,
  onClear,
}: {
  selected: ReadonlyMap<string, Conversation>;
  /** Instead of those selected: all that match. */
  filters: ReturnType<typeof queryOf> | null;
  total: number | null;
  /** null: all that match are selected or shown. */
  onSelectAll: (() => void) | null;
  onClear: () => void;
}) {
  const [open, setOpen] = useState<BulkType | null>(null);
  const select: NonNullable<BulkRequest['select']> =
    filters === null ? { ids: [...selected.keys()] } : { filters };
  return (
    <section class="card bulk" aria-label={texts.withSelected}>
      <p role="status">{filters === null ? texts.selected(selected.size) : texts.selectedAll(total)}</p>
      {onSelectAll !== null && (
        <button type="button" onClick={onSelectAll}>
          {texts.selectAll(total)}
        </button>
      )}
      {TYPES.map((type) => (
        <button key={type} type="button" onClick={() => setOpen(type)}>
          {texts.bulk[type]}
        </button>
      ))}
      <button type="button" onClick={onClear}>
        {texts.clear}
      </button>
      {open !== null && (
        <BulkDialog
          type={open}
          select={select}
          known={selected}
          onClose={() => setOpen(null)}
          onDone={() => {
            setOpen(null);
            onClear();
          }}
        />
      )}
    </section>
  );
}
