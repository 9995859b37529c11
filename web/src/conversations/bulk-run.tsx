import { unwrap } from '@inbox-allocation/client';
import type { BulkProgress, Conversation } from '@inbox-allocation/client/openapi';
import { useEffect, useState } from 'preact/hooks';
import { messageOf } from '../service/problems.js';
import { useService } from '../service/service.js';
import { texts } from '../texts.js';
import { PlanInWords } from './plan-in-words.js';

const LOOK_MS = 500;

/** Follows a run until it ends, and can cancel it. */
export function BulkRun({
  planId,
  known,
  onClose,
}: {
  planId: string;
  known: ReadonlyMap<string, Conversation>;
  onClose: () => void;
}) {
  const { client, live } = useService();
  const [progress, setProgress] = useState<BulkProgress | null>(null);
  const [problem, setProblem] = useState('');
  const isOver = progress !== null && progress.status !== 'RUNNING' && progress.status !== 'PLANNED';
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLooking = true;
    const look = async () => {
      try {
        const params = { path: { id: planId }, query: { include: 'items' as const } };
        const next = await unwrap(client.GET('/api/v1/allocation/bulk/{id}', { params }));
        if (!isLooking) return;
        setProblem('');
        setProgress(next);
        if (next.status !== 'RUNNING' && next.status !== 'PLANNED') {
          live.wake();
          return;
        }
      } catch (error) {
        setProblem(messageOf(error));
      }
      timer = setTimeout(() => void look(), LOOK_MS);
    };
    void look();
    return () => {
      isLooking = false;
      clearTimeout(timer);
    };
  }, [planId]);
  const cancel = () => {
    unwrap(client.POST('/api/v1/allocation/bulk/{id}/cancel', { params: { path: { id: planId } } })).catch(
      (error: unknown) => setProblem(messageOf(error)),
    );
  };
  const counts = progress?.counts;
  const left = counts?.pending ?? 1;
  return (
    <>
      <p role="status">{counts === undefined ? texts.bulkBegins : texts.bulkProgress(counts, isOver)}</p>
      <progress
        aria-label={texts.progress}
        max={counts?.items ?? 1}
        value={counts === undefined ? 0 : counts.items - left}
      />
      {isOver && progress.items !== undefined && counts !== undefined && counts.refused > 0 && (
        <PlanInWords
          plan={{
            action: progress.action,
            items: progress.items.filter(({ outcome }) => outcome === 'REFUSED'),
          }}
          known={known}
        />
      )}
      <p class="problem" role="status">
        {problem}
      </p>
      <div class="buttons">
        {isOver ? (
          <button type="button" class="main" onClick={onClose}>
            {texts.close}
          </button>
        ) : (
          <button type="button" onClick={cancel}>
            {texts.cancelRun}
          </button>
        )}
      </div>
    </>
  );
}
