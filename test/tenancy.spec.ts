import { tenancyCases } from './support/tenancy-cases.js';

describe('case 16: what belongs to another tenant', () => {
  tenancyCases(() => Promise.resolve());
});
