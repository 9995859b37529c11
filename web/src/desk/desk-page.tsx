import { useService } from '../service/service.js';
import { texts } from '../texts.js';
import { DeskView } from './desk-view.js';

export function DeskPage() {
  const { me } = useService();
  if (me.operatorId !== null) return <DeskView operatorId={me.operatorId} />;
  return (
    <main class="alone">
      <p>{texts.deskNotForKeys}</p>
    </main>
  );
}
