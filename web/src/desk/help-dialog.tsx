import { Dialog } from '../parts/dialog.js';
import { texts } from '../texts.js';

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={texts.keys} onClose={onClose}>
      <dl class="keys">
        {texts.keyHelp.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
