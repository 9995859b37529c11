import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiSecurity } from '@nestjs/swagger';
import type { Principal, Right } from './principal.js';

export const RIGHTS = 'access:rights';

/** Who may call the route. A route that doesn't say serves nobody: the guard answers 500 to all, and a test names it. */
export function Allow(...rights: [Right, ...Right[]]) {
  const ways = [];
  if (rights.some((right) => right !== 'SERVICE' && right !== 'PLATFORM'))
    ways.push(together('operator'), ApiBearerAuth('jwt'));
  if (rights.includes('SERVICE')) ways.push(together('service'));
  if (rights.includes('PLATFORM')) ways.push(ApiBearerAuth('platform'));
  return applyDecorators(SetMetadata(RIGHTS, rights), ApiExtension('x-allowed', rights), ...ways);
}

/** Everybody may call the route without proving anything. */
export const AllowAnyone = (): MethodDecorator & ClassDecorator => SetMetadata(RIGHTS, []);

/** Hands the caller to a controller. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  return context.switchToHttp().getRequest<{ principal: Principal }>().principal;
});

/** Both headers of the gateway are needed, so they stand in one requirement. */
function together(who: 'operator' | 'service') {
  return ApiSecurity({ tenant: [], [who]: [] });
}
