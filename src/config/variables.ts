import { variablesOf, type Variable, type VariableTree } from './variable.js';
import { ACCESS } from './variables/access-variables.js';
import { ALLOCATION } from './variables/allocation-variables.js';
import { DATABASE } from './variables/database-variables.js';
import { EVENTS } from './variables/events-variables.js';
import { JOBS } from './variables/jobs-variables.js';
import { OBSERVATION } from './variables/observation-variables.js';
import { SERVICE } from './variables/service-variables.js';

/**
 * Every variable that the service reads, once: its name, what it may hold, its default and what it does. The parser,
 * .env.example and docs/configuration.md come from here, the last two by `npm run env:write`.
 */
export const VARIABLES = {
  ...SERVICE,
  ...DATABASE,
  ...ACCESS,
  ...ALLOCATION,
  ...JOBS,
  ...EVENTS,
  ...OBSERVATION,
};

/** A heading of the documents and what stands below it. */
export interface Section {
  readonly title: string;
  /** What holds for all of it. */
  readonly about?: string;
  readonly variables: readonly Variable[];
}

const section = (title: string, tree: VariableTree, about?: string): Section => ({
  title,
  variables: variablesOf(tree),
  ...(about === undefined ? {} : { about }),
});

/** The same, as people read it. */
export const SECTIONS: readonly Section[] = [
  section('The service', SERVICE),
  section('The database', DATABASE),
  section('Who is calling', ACCESS),
  section('Allocation', ALLOCATION),
  section(
    'Background jobs',
    JOBS,
    'Each is the pause in seconds between two runs of a job on this instance; 0 switches the job off here.',
  ),
  section('Webhooks and streams', EVENTS),
  section('Logs, metrics and traces', OBSERVATION),
];
