import { DefaultNamingStrategy } from 'typeorm';

/** `maxLoad` in code is `max_load` in SQL. */
export class SnakeCase extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName ?? propertyName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }
}
