interface OfTenant {
  readonly tenantId: string;
}

interface Use {
  places: number;
  /** When the tenant last took a place, as a number that grows. */
  takenAt: number;
}

/**
 * Places that tenants share. A tenant gets another place only while it has fewer than its limit, and fewer than are
 * free. So a few tenants cannot take all places, and the next tenant finds a free one.
 */
export class TenantShares {
  private readonly uses = new Map<string, Use>();
  private taken = 0;
  private free: number;

  constructor(
    places: number,
    private readonly ofTenant: number,
  ) {
    this.free = places;
  }

  /**
   * Takes a place for one of the waiting, and removes it from them. The tenant with the fewest places goes first; of
   * several, the one that took none for the longest time.
   * @returns undefined when none of them can start now
   */
  takeNext<T extends OfTenant>(waiting: T[]): T | undefined {
    const most = Math.min(this.ofTenant, this.free);
    let next: T | undefined;
    for (const each of waiting) {
      const use = this.useOf(each);
      if (use.places < most && (next === undefined || isBefore(use, this.useOf(next)))) next = each;
    }
    if (next === undefined) return undefined;
    waiting.splice(waiting.indexOf(next), 1);
    this.uses.set(next.tenantId, { places: this.useOf(next).places + 1, takenAt: ++this.taken });
    this.free--;
    return next;
  }

  giveBack(tenant: OfTenant): void {
    this.useOf(tenant).places--;
    this.free++;
  }

  private useOf({ tenantId }: OfTenant): Use {
    return this.uses.get(tenantId) ?? { places: 0, takenAt: 0 };
  }
}

function isBefore(a: Use, b: Use): boolean {
  return a.places < b.places || (a.places === b.places && a.takenAt < b.takenAt);
}
