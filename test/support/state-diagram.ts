import { STATES, TRANSITIONS, type State, type Transition } from '../../src/ledger/state-machine.js';

const ALL: [name: string, transition: Transition][] = Object.entries(TRANSITIONS);

/** The life of a conversation as a mermaid diagram, generated from the table. */
export function stateDiagram(): string {
  const born = ALL.filter(([, { from }]) => Object.values(from).every((states) => states.length === 0));
  const lines = [
    ...born.map(([name, transition]) => `[*] --> ${leadsTo(transition, 'QUEUED').join()}: ${name}`),
    ...STATES.flatMap((from) => STATES.flatMap((to) => arrow(from, to))),
  ];
  return ['```mermaid', 'stateDiagram-v2', ...lines.map((line) => `    ${line}`), '```'].join('\n');
}

function leadsTo({ to }: Transition, from: State): readonly State[] {
  return typeof to === 'string' ? [to] : to[from];
}

function arrow(from: State, to: State): string[] {
  const names = ALL.filter(
    ([, transition]) =>
      leadsTo(transition, from).includes(to) &&
      Object.values(transition.from).some((states) => states.includes(from)),
  ).map(([name]) => name);
  return names.length === 0 ? [] : [`${from} --> ${to}: ${names.join(', ')}`];
}
