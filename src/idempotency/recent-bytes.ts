interface Level {
  readonly bytes: number;
  readonly at: number;
}

/**
 * What each tenant stored on this instance, as a bucket that empties as responses expire: evenly over their lifetime. An
 * exact sum would be a row that all requests of the tenant update, one after the other.
 */
export class RecentBytes {
  private readonly levels = new Map<string, Level>();

  constructor(
    private readonly most: number,
    private readonly lifetimeMs: number,
  ) {}

  hasRoom(tenantId: string, bytes: number): boolean {
    return this.levelOf(tenantId) + bytes <= this.most;
  }

  add(tenantId: string, bytes: number): void {
    this.levels.set(tenantId, { bytes: this.levelOf(tenantId) + bytes, at: performance.now() });
  }

  private levelOf(tenantId: string): number {
    const level = this.levels.get(tenantId);
    if (level === undefined) return 0;
    const expired = ((performance.now() - level.at) / this.lifetimeMs) * this.most;
    return Math.max(0, level.bytes - expired);
  }
}
