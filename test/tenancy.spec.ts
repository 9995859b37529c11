import { tenancyCases } from './support/tenancy-cases.js';

describe('case 16: rows of another tenant', () => {
  tenancyCases(() => Promise.resolve());
});
