import { SetMetadata } from '@nestjs/common';

const READS = Symbol('has no effect');

/** Marks a route that has no effect although it is not a GET, such as a search with its values in the body. */
export function OnlyReads(reads: boolean): MethodDecorator {
  return SetMetadata(READS, reads);
}

export function onlyReads(handler: object): boolean {
  return Reflect.getMetadata(READS, handler) === true;
}
