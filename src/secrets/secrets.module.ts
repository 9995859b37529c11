import { Global, Module } from '@nestjs/common';
import { SecretKeys } from './secret-keys.js';
import { SecretRewrite } from './secret-rewrite.js';

@Global()
@Module({ providers: [SecretKeys, SecretRewrite], exports: [SecretKeys] })
export class SecretsModule {}
