import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller } from '../access/caller.js';
import type { TenantPrincipal } from '../access/principal.js';
import { Describe } from '../openapi/describe.js';
import { Me } from './me.js';
import { MeService } from './me.service.js';

@ApiTags('Tenants')
@Controller('me')
export class MeController {
  constructor(private readonly me: MeService) {}

  @Get()
  @Describe({
    id: 'getMe',
    summary: 'Get the caller',
    detail: 'Says whose credentials these are.',
    response: Me,
  })
  get(@Caller() caller: TenantPrincipal): Promise<Me> {
    return this.me.get(caller);
  }
}
