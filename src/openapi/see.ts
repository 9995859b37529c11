import { SetMetadata } from '@nestjs/common';

const SEE = Symbol('where the effect shows');

/** Tells where the effect of a route shows, when that is not its own path. */
export function See(path: string | undefined): MethodDecorator {
  return SetMetadata(SEE, path);
}

export function whereToSee(handler: object): string | undefined {
  return Reflect.getMetadata(SEE, handler) as string | undefined;
}
