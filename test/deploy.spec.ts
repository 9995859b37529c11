import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { readEnvironment } from '../src/config/environment.js';
import { KNOWN_VARIABLES } from '../src/config/known-variables.js';
import { TestDatabase } from './support/database.js';
import { faultsOf, manifest, MANIFESTS } from './support/deploy/manifests.js';
import { parsePromQl } from './support/promql.js';
import { Scrape } from './support/scrape.js';
import { ServiceProcess } from './support/service-process.js';

interface Probe {
  httpGet: { path: string; port: string };
  periodSeconds: number;
  failureThreshold: number;
}
interface Container {
  image: string;
  command?: string[];
  env: { name: string; valueFrom: { secretKeyRef: { name: string; key: string } } }[];
  ports: { name: string; containerPort: number }[];
  startupProbe: Probe;
  readinessProbe: Probe;
  livenessProbe: Probe;
  securityContext: object;
}
interface Template {
  metadata: { labels: Record<string, string> };
  spec: {
    terminationGracePeriodSeconds: number;
    securityContext: { runAsUser: number };
    containers: Container[];
  };
}
interface Workload {
  metadata: { name: string };
  spec: { template: Template };
}
interface Compose {
  services: Record<string, { image?: string; environment?: Record<string, string>; ports?: string[] }>;
}

const DEPLOYMENT = manifest<Workload>('deployment.yaml');
const JOB = manifest<Workload>('migration-job.yaml');
const SERVICE = DEPLOYMENT.spec.template.spec.containers[0]!;
const MIGRATE = JOB.spec.template.spec.containers[0]!;
const { data: CONFIG } = manifest<{ data: Record<string, string> }>('config.yaml');
const COMPOSE = parse(readFileSync('deploy/compose.yml', 'utf8'), { merge: true }) as Compose;
const NGINX = readFileSync('deploy/nginx.conf', 'utf8');
const DOCKERFILE = readFileSync('Dockerfile', 'utf8');

const SECRETS: Record<string, string> = {
  DATABASE_URL: 'postgres://inbox_service:pw@database/inbox',
  DATABASE_ADMIN_URL: 'postgres://owner:pw@database/inbox',
  PLATFORM_API_KEY: 'kf83hfKq0sl2-Qm29skLw',
  SECRETS_KEY: `a:${randomBytes(32).toString('base64')}`,
  METRICS_TOKEN: 'Wq8fh2-0slfKq38fh2lsk',
  JWT_SECRET: 'q8fh2-0slfKq38fh2lskWq8fh2-0slfKq38fh2lsk',
};
/** As the image sets them. */
const OF_IMAGE = { NODE_ENV: 'production', HOST: '0.0.0.0', PORT: '3000' };

let database: TestDatabase;
let service: ServiceProcess;
beforeAll(async () => {
  database = await TestDatabase.create();
  service = await ServiceProcess.start(database.url);
});
afterAll(async () => {
  await service.stop();
  await database.close();
});

/** Those of these metrics that the service does not have. */
async function unknownMetrics(names: readonly string[]): Promise<string[]> {
  const { samples } = await Scrape.of(service);
  return names.filter((name) => !samples.some((sample) => sample.name === name));
}

describe('deploy/kubernetes', () => {
  it('has the fields that Kubernetes knows, and no others', () => {
    expect(faultsOf(MANIFESTS.map(([, each]) => each))).toEqual([]);
    const planted = { ...DEPLOYMENT, spec: { ...DEPLOYMENT.spec, replicaz: 2 } };
    expect(faultsOf([planted as never])).toEqual([expect.stringContaining('replicaz')]);
    // The compiler reads all types of Kubernetes, twice.
  }, 120_000);

  it('sets only variables that exist, to values that the service accepts', () => {
    const fromSecrets = [...SERVICE.env, ...MIGRATE.env].map(({ name }) => name);
    for (const name of [...fromSecrets, ...Object.keys(CONFIG)]) expect(KNOWN_VARIABLES).toContain(name);
    const secrets = SERVICE.env.map(({ name, valueFrom }) => [name, SECRETS[valueFrom.secretKeyRef.key]!]);
    const environment = readEnvironment({ ...OF_IMAGE, ...CONFIG, ...Object.fromEntries(secrets) });
    expect(environment).toMatchObject({ nodeEnv: 'production', port: SERVICE.ports[0]!.containerPort });
  });

  it('gives the password of the owner to the migration only', () => {
    const read = ({ env }: Container) => env.map(({ valueFrom }) => valueFrom.secretKeyRef.name);
    expect(read(SERVICE)).not.toContain('inbox-allocation-owner');
    expect(read(MIGRATE)).toContain('inbox-allocation-owner');
    expect(MANIFESTS.map(([, { kind }]) => kind)).not.toContain('Secret');
  });

  it('asks probes that the service serves, on its port', async () => {
    const { startupProbe, readinessProbe, livenessProbe, ports } = SERVICE;
    for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) {
      expect(httpGet.port).toBe(ports[0]!.name);
      expect((await fetch(`${service.url}${httpGet.path}`)).status).toBe(200);
    }
    expect(livenessProbe.httpGet.path).toBe('/health');
    expect(readinessProbe.httpGet.path).toBe('/ready');
    const { spec } = manifest<{ spec: { ports: { targetPort: string }[] } }>('service.yaml');
    expect(spec.ports[0]!.targetPort).toBe(ports[0]!.name);
  });

  it('stops pods later than the service needs, and serves until everybody knows', () => {
    const { readinessProbe } = SERVICE;
    const delay = Number(CONFIG['SHUTDOWN_DELAY_SECONDS']);
    const grace = DEPLOYMENT.spec.template.spec.terminationGracePeriodSeconds;
    expect(delay).toBeGreaterThan(readinessProbe.periodSeconds * readinessProbe.failureThreshold);
    expect(grace).toBeGreaterThan(delay + Number(CONFIG['SHUTDOWN_TIMEOUT_SECONDS']));
  });

  it('runs the program and the user of the image, without rights', () => {
    const user = /^USER (\d+):(\d+)$/m.exec(DOCKERFILE)!.slice(1).map(Number);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    for (const [{ spec }, container] of [
      [DEPLOYMENT.spec.template, SERVICE],
      [JOB.spec.template, MIGRATE],
    ] as const) {
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: user[0],
        runAsGroup: user[1],
      });
      expect(container.image).toBe(`registry.example/inbox-allocation:${version}`);
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
    expect(MIGRATE.command).toEqual(['node', 'dist/src/database/migrate.js', 'run']);
  });

  it.each(['service.yaml', 'pod-disruption-budget.yaml', 'network-policy.yaml', 'service-monitor.yaml'])(
    '%s selects the pods',
    (file) => {
      const labels = { 'app.kubernetes.io/name': 'inbox-allocation' };
      expect(DEPLOYMENT.spec.template.metadata.labels).toEqual(labels);
      expect(JOB.spec.template.metadata.labels).not.toEqual(labels);
      const { spec } = manifest<{ spec: { selector?: object; podSelector?: object } }>(file);
      const selector = spec.selector ?? spec.podSelector;
      expect([labels, { matchLabels: labels }]).toContainEqual(selector);
    },
  );

  it('scales by metrics that the service has and the adapter serves', async () => {
    const { spec } = manifest<{ spec: { metrics: { pods: { metric: { name: string } } }[] } }>(
      'autoscaler.yaml',
    );
    const names = spec.metrics.map(({ pods }) => pods.metric.name);
    expect(names).toHaveLength(2);
    expect(await unknownMetrics(names)).toEqual([]);
    const adapter = parse(readFileSync('deploy/prometheus-adapter.yaml', 'utf8')) as {
      rules: { custom: { seriesQuery: string }[] };
    };
    const served = adapter.rules.custom.flatMap(({ seriesQuery }) => parsePromQl(seriesQuery).selectors);
    expect(served.map(({ metric }) => metric)).toEqual(names);
  });

  it('is scraped where the service has its metrics, as the job of the alerts', async () => {
    const monitor = manifest<{
      spec: { jobLabel: string; endpoints: { port: string; path: string }[] };
    }>('service-monitor.yaml');
    const { metadata } = manifest<{ metadata: { labels: Record<string, string> } }>('service.yaml');
    const [endpoint] = monitor.spec.endpoints;
    expect((await fetch(`${service.url}${endpoint!.path}`)).status).toBe(200);
    expect(endpoint!.port).toBe('http');
    const job = metadata.labels[monitor.spec.jobLabel]!;
    expect(readFileSync('ops/prometheus-alerts.yml', 'utf8')).toContain(`job="${job}"`);
  });
});

describe('deploy/compose.yml', () => {
  const instances = Object.keys(COMPOSE.services).filter((name) => name.startsWith('app-'));
  /** As somebody sets them who runs it. */
  const filledIn = (environment: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        value.replaceAll(/\$\{(\w+):\?\}/g, (_, secret: string) => SECRETS[secret] ?? 'password'),
      ]),
    );

  it('starts two instances with variables that the service accepts', () => {
    expect(instances).toEqual(['app-1', 'app-2']);
    for (const name of instances) {
      const environment = readEnvironment({ ...OF_IMAGE, ...filledIn(COMPOSE.services[name]!.environment!) });
      expect(environment).toMatchObject({ nodeEnv: 'production', database: { pooler: 'transaction' } });
    }
    for (const name of Object.keys(COMPOSE.services['migrate']!.environment!))
      expect(KNOWN_VARIABLES).toContain(name);
  });

  it('has a gateway that knows each instance, and the pooler its port', () => {
    const upstreams = [...NGINX.matchAll(/^ +server (\S+):(\d+) /gm)].map(
      ([, host, port]) => `${host}:${port}`,
    );
    expect(upstreams).toEqual(instances.map((name) => `${name}:${OF_IMAGE.PORT}`));
    const port = /^listen_port = (\d+)$/m.exec(readFileSync('ops/pgbouncer.ini', 'utf8'))![1];
    expect(COMPOSE.services['app-1']!.environment!['DATABASE_URL']).toContain(`@pgbouncer:${port}/`);
    const listens = /listen (\d+);/.exec(NGINX)![1];
    expect(COMPOSE.services['gateway']!.ports).toEqual([`127.0.0.1:${listens}:${listens}`]);
  });

  it('does not hold back events, and hides the metrics', () => {
    const block = (path: string) => new RegExp(`location = ${path} \\{([^}]*)\\}`).exec(NGINX)![1];
    expect(block('/api/v1/events/stream')).toContain('proxy_buffering off;');
    expect(block('/metrics')).toContain('return 404;');
    // It would repeat what may have been done.
    expect(NGINX).not.toContain('non_idempotent');
  });
});

describe('images', () => {
  it.each(['deploy/Dockerfile', 'Dockerfile'])('%s is built on images that are pinned by digest', (file) => {
    const stages = [...readFileSync(file, 'utf8').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image!);
    const pinned = stages.filter((image) => image !== 'manifests');
    expect(pinned.length).toBeGreaterThan(0);
    for (const image of pinned) expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(COMPOSE.services['postgres']!.image).toMatch(/@sha256:[0-9a-f]{64}$/);
  });

  it('are built for amd64 and arm64 by the workflow', () => {
    const workflow = parse(readFileSync('.github/workflows/image.yml', 'utf8')) as {
      jobs: Record<string, { strategy: { matrix: { platform: string[] } } }>;
    };
    expect(workflow.jobs['image']!.strategy.matrix.platform).toEqual(['linux/amd64', 'linux/arm64']);
  });
});

describe('the history of the workflows', () => {
  it('is whole where the former version is built', () => {
    const workflow = parse(readFileSync('.github/workflows/ci.yml', 'utf8')) as {
      jobs: Record<string, { steps: { uses?: string; run?: string; with?: Record<string, unknown> }[] }>;
    };
    const jobs = Object.values(workflow.jobs).filter(({ steps }) =>
      steps.some(({ run }) => /\.ci\/run|test:outages/.test(run ?? '')),
    );
    expect(jobs).toHaveLength(2);
    for (const { steps } of jobs) expect(steps[0]!.with).toMatchObject({ 'fetch-depth': 0 });
  });
});
