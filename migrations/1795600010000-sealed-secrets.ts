import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A secret in clear, or sealed with the key of SECRETS_KEY that is named there. */
const FORM = `'^(whsec_|sealed:[a-z0-9-]{1,16}:[A-Za-z0-9+/])'`;

/**
 * Secrets lie encrypted where SECRETS_KEY is set. The platform reads the signing secrets too, to find the tenants whose
 * secrets are to be encrypted again. `down` refuses while secrets are encrypted, because former versions cannot read
 * them: take SECRETS_KEY away only after all secrets were replaced.
 */
export class SealedSecrets1795600010000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table webhooks drop constraint webhooks_secret;
      alter table webhooks add constraint webhooks_secret check (secret ~ ${FORM});
      alter table webhooks add constraint webhooks_former_secret_form check (former_secret ~ ${FORM});
      alter table api_keys drop constraint api_keys_signing_secret;
      alter table api_keys add constraint api_keys_signing_secret check (signing_secret ~ ${FORM});
      grant select on api_keys to inbox_platform`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      revoke select on api_keys from inbox_platform;
      alter table api_keys drop constraint api_keys_signing_secret;
      alter table api_keys add constraint api_keys_signing_secret check (signing_secret like 'whsec\\_%');
      alter table webhooks drop constraint webhooks_former_secret_form;
      alter table webhooks drop constraint webhooks_secret;
      alter table webhooks add constraint webhooks_secret check (secret like 'whsec\\_%')`);
  }
}
