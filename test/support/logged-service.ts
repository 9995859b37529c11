import type { RawResponse } from './raw.js';
import type { ServiceProcess } from './service-process.js';
import { until } from './until.js';

export interface Line {
  requestId?: string;
  msg: string;
  [field: string]: unknown;
}

/** A service and what it logs. */
export class LoggedService {
  text = '';

  constructor(readonly service: ServiceProcess) {
    service.process.stdout!.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
  }

  lines(): Line[] {
    const complete = this.text.slice(0, this.text.lastIndexOf('\n') + 1);
    return complete
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line);
  }

  async lineOf(response: RawResponse): Promise<Line> {
    const its = () => this.lines().find(({ requestId }) => requestId === response.headers['x-request-id']);
    await until(() => its() !== undefined);
    return its()!;
  }
}
