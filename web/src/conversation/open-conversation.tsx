import { go, usePlace } from '../parts/place.js';
import { useNarrow } from '../parts/use-narrow.js';
import { ConversationPanel } from './panel.js';

/** The conversation that the address names, if it names one. */
export function OpenConversation({ of }: { of: 'board' | 'desk' }) {
  const id = usePlace().get('open');
  const isAlone = useNarrow();
  if (id === null) return null;
  return <ConversationPanel key={id} id={id} of={of} isAlone={isAlone} onClose={() => go({ open: null })} />;
}
