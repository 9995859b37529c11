import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { parse } from 'yaml';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}

const PROJECT = join(__dirname, '../../..');
const FOLDER = join(PROJECT, 'deploy/kubernetes');
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ES2022,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

export const MANIFESTS: readonly [file: string, manifest: Manifest][] = readdirSync(FOLDER).map((file) => [
  file,
  parse(readFileSync(join(FOLDER, file), 'utf8')) as Manifest,
]);

/** @param name such as `deployment.yaml` */
export function manifest<T>(name: string): T {
  return MANIFESTS.find(([file]) => file === name)![1] as unknown as T;
}

/** The schema of Kubernetes, or of the Prometheus operator, that a manifest has to keep. */
function modelOf({ apiVersion, kind }: Manifest): string {
  const models = apiVersion.startsWith('monitoring.')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models';
  return `${models}/${apiVersion}/${kind}`;
}

/** What is wrong with manifests: fields that do not exist, lack, or have another type. */
export function faultsOf(manifests: readonly Manifest[]): string[] {
  const cache = join(PROJECT, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  // Inside of the project, so that it finds the packages.
  const directory = mkdtempSync(join(cache, 'manifests-'));
  try {
    // The compiler refuses unknown fields of literals; the validators of the package do not.
    const lines = manifests.map(
      (each, i) =>
        `import type { I${each.kind} as T${i} } from '${modelOf(each)}';\nexport const m${i}: T${i} = ${JSON.stringify(each)};`,
    );
    const file = join(directory, 'manifests.ts');
    writeFileSync(file, lines.join('\n'));
    return ts
      .getPreEmitDiagnostics(ts.createProgram([file], OPTIONS))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
