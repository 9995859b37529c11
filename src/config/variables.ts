import { variablesOf, type Variable, type VariableTree } from './variable.js';
import { ACCESS } from './variables/access-variables.js';
import { ALLOCATION } from './variables/allocation-variables.js';
import { DATABASE } from './variables/database-variables.js';
import { EVENTS } from './variables/events-variables.js';
import { JOBS } from './variables/jobs-variables.js';
import { LIMITS } from './variables/limits-variables.js';
import { OBSERVATION } from './variables/observation-variables.js';
import { QUOTAS } from './variables/quota-variables.js';
import { SERVICE } from './variables/service-variables.js';

/**
 * Every variable that the service reads, once: name, values, default and effect. The parser, .env.example and
 * docs/configuration.md come from this table; `npm run env:write` writes the last two.
 */
export const VARIABLES = {
  ...SERVICE,
  ...DATABASE,
  ...ACCESS,
  ...QUOTAS,
  ...ALLOCATION,
  ...JOBS,
  ...EVENTS,
  ...LIMITS,
  ...OBSERVATION,
};

/** A heading of the documents with its variables. */
export interface Section {
  readonly title: string;
  /** A text about all variables of the section. */
  readonly about?: string;
  readonly variables: readonly Variable[];
}

const section = (title: string, tree: VariableTree, about?: string): Section => ({
  title,
  variables: variablesOf(tree),
  ...(about === undefined ? {} : { about }),
});

/** The variables in the order of the documents. */
export const SECTIONS: readonly Section[] = [
  section('The service', SERVICE),
  section('The database', DATABASE),
  section('Who is calling', ACCESS),
  section(
    'Quotas',
    QUOTAS,
    'The most of each that one tenant can have. One more is refused with `409 QUOTA_EXCEEDED`.',
  ),
  section('Allocation', ALLOCATION),
  section(
    'Background jobs',
    JOBS,
    'Each is the pause in seconds between two runs of a job on this instance; 0 disables the job on this instance.',
  ),
  section('Webhooks and streams', EVENTS),
  section('Limits', LIMITS, 'Why each has its default, and what callers get: [limits](limits.md).'),
  section('Logs, metrics and traces', OBSERVATION),
];
