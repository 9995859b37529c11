import { ApiProperty } from '@nestjs/swagger';

/** The highest total that is exact. */
export const MAX_TOTAL = 10_000;

/** How many items a list has on all pages: one of both, and neither unless the request asks for it. */
export class Total {
  @ApiProperty({
    type: 'integer',
    required: false,
    example: 37,
    description: 'With `count=true`: how many items all pages have together. Exact up to 10,000.',
  })
  total?: number;
  @ApiProperty({
    type: 'integer',
    required: false,
    example: 10_000,
    description: 'In place of `total` where there are more, or where counting would take too long.',
  })
  totalIsAtLeast?: number;
}

/** @param isComplete whether everything that the list can have was looked at */
export function totalOf(found: number, isComplete = true): Total {
  return isComplete && found <= MAX_TOTAL ? { total: found } : { totalIsAtLeast: Math.min(found, MAX_TOTAL) };
}
