import { STATES, TRANSITIONS, type State, type Transition } from '../../src/conversations/state-machine.js';

const ALL: [name: string, transition: Transition][] = Object.entries(TRANSITIONS);

/** The life of a conversation as a mermaid diagram, drawn from the table alone. */
export function stateDiagram(): string {
  const born = ALL.filter(([, { from }]) => Object.values(from).every((states) => states.length === 0));
  const lines = [
    ...born.map(([name, { to }]) => `[*] --> ${to}: ${name}`),
    ...STATES.flatMap((from) => STATES.flatMap((to) => arrow(from, to))),
  ];
  return ['```mermaid', 'stateDiagram-v2', ...lines.map((line) => `    ${line}`), '```'].join('\n');
}

function arrow(from: State, to: State): string[] {
  const names = ALL.filter(
    ([, transition]) =>
      transition.to === to && Object.values(transition.from).some((states) => states.includes(from)),
  ).map(([name]) => name);
  return names.length === 0 ? [] : [`${from} --> ${to}: ${names.join(', ')}`];
}
