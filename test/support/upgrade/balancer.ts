import { ask } from '../faults/ask.js';
import type { ServiceProcess } from '../service-process.js';

const CHECK_INTERVAL_MS = 100;

/** Sends requests to the instances that are ready, in turn, as a load balancer does. It repeats none. */
export class Balancer {
  private instances: { readonly url: string; isReady: boolean; hasBeenAskedToStop: boolean }[] = [];
  private calls = 0;
  private readonly timer: NodeJS.Timeout;
  /** Responses of instances that nobody had asked to stop, and that were not ready. */
  readonly unready: string[] = [];

  constructor() {
    this.timer = setInterval(() => void this.check(), CHECK_INTERVAL_MS);
  }

  add(...services: readonly ServiceProcess[]): void {
    for (const { url } of services) this.instances.push({ url, isReady: true, hasBeenAskedToStop: false });
  }

  /** Stops an instance that gets requests until its `/ready` says that it stops. @returns its exit code */
  async drain(service: ServiceProcess): Promise<number | null> {
    const leaving = this.instances.find(({ url }) => url === service.url)!;
    leaving.hasBeenAskedToStop = true;
    const code = await service.stop('SIGTERM');
    this.instances = this.instances.filter((instance) => instance !== leaving);
    return code;
  }

  next(): string {
    const ready = this.instances.filter(({ isReady }) => isReady);
    return ready[this.calls++ % ready.length]!.url;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async check(): Promise<void> {
    for (const instance of this.instances) {
      const status = await ask('GET', `${instance.url}/ready`).then(
        (told) => told.status,
        () => 0,
      );
      instance.isReady &&= status === 200;
      if (status !== 200 && !instance.hasBeenAskedToStop) this.unready.push(`${instance.url} ${status}`);
    }
  }
}
