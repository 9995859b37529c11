import type { Explanation } from '@inbox-allocation/client/openapi';
import { Load } from '../parts/load.js';
import { Named, Say } from '../parts/sentence.js';
import { useWindow } from '../parts/window.js';
import { texts } from '../texts.js';
import { inOrder } from './candidates.js';
import { reasonInWords } from './why.js';

/** Each operator, and why they have not got it; those who could take it first. */
export function WhyOperators({ explanation, inboxName }: { explanation: Explanation; inboxName: string }) {
  const { shown, more } = useWindow(inOrder(explanation.operators));
  if (explanation.operators.length === 0) return null;
  return (
    <section aria-labelledby="who-could">
      <h3 id="who-could">
        <Say of={texts.whoCouldTake(inboxName)} />
      </h3>
      <div class="wide">
        <table class="small">
          <thead>
            <tr>
              <th scope="col">{texts.name}</th>
              <th scope="col">{texts.canTake}</th>
              <th scope="col">{texts.load}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((operator) => (
              <tr key={operator.operatorId}>
                <th scope="row">
                  <Named name={operator.name} />
                </th>
                <td class={operator.eligible ? 'ok' : 'dim'}>{texts.sentence(reasonInWords(operator))}</td>
                <td>
                  <Load load={operator.load} maxLoad={operator.maxLoad} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more}
    </section>
  );
}
