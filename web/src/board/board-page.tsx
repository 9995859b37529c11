import { useEffect } from 'preact/hooks';
import { ConversationsView } from '../conversations/conversations-view.js';
import { usePlace } from '../parts/place.js';
import { useService } from '../service/service.js';
import { supervises } from '../session/session.js';
import { texts } from '../texts.js';
import { BoardView } from './board-view.js';

/** The board and the list of conversations, with a conversation beside them. */
export function BoardPage() {
  const { me } = useService();
  const place = usePlace();
  const isList = place.get('view') === 'conversations';
  useEffect(() => {
    document.title = texts.title(isList ? texts.conversations : texts.board, me.tenantName);
  }, [isList, me]);
  if (!supervises(me))
    return (
      <main class="alone">
        <p>{me.operatorId === null ? texts.boardNotForKeys : texts.boardNotForOperators}</p>
        {me.operatorId !== null && (
          <a class="button main" href="/desk">
            {texts.goToDesk}
          </a>
        )}
      </main>
    );
  return isList ? <ConversationsView /> : <BoardView />;
}
