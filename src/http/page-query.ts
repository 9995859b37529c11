import type { Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, ValidateIf } from 'class-validator';
import type { Page } from './cursor.js';
import { IntegerField, QueryBoolean, QueryInteger, TextField } from './fields.js';
import { Total } from './total.js';

const LIMIT = { description: 'How many items a page has at most.', min: 1, max: 100, default: 20 };
const Cursor = () =>
  TextField({
    description: '`nextCursor` of the previous page, with the same filters.',
    max: 2000,
    optional: true,
  });

const COUNT = { description: 'Whether to add how many items all pages have together: `total`.' };

export class PageQuery {
  @QueryInteger(LIMIT)
  limit = 20;

  @Cursor()
  cursor?: string;

  @QueryBoolean(COUNT)
  count?: boolean;
}

/** The same in the body of a request that only reads. */
export class PageBody {
  @IntegerField({ ...LIMIT, optional: true })
  limit = 20;

  @Cursor()
  cursor?: string;

  @ApiPropertyOptional(COUNT)
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  count?: boolean;
}

const PAGES = new Map<Type, Type>();

/** Creates the class of a page of items for the API document, once per item class. */
export function PageOf<T>(item: Type<T>): Type<Page<T>> {
  const known = PAGES.get(item) as Type<Page<T>> | undefined;
  if (known !== undefined) return known;
  class PageResponse extends Total implements Page<T> {
    @ApiProperty({ type: [item] })
    data: T[];
    @ApiProperty({
      type: String,
      nullable: true,
      description: 'Send it as `cursor` to get the next page; null on the last page.',
      example: null,
    })
    nextCursor: string | null;
    @ApiProperty({ description: 'Whether there is a next page.', example: false })
    hasMore: boolean;
  }
  Object.defineProperty(PageResponse, 'name', { value: `${item.name.replace(/Response$/, '')}Page` });
  PAGES.set(item, PageResponse);
  return PageResponse;
}
