// Checks the manifests in deploy/kubernetes as kubectl renders them: by the
// schemas of Kubernetes and of the Prometheus operator, for members that they
// do not know, and whether each name in one manifest is that of another.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

import { parse, parseAllDocuments } from 'yaml';

const dir = dirname(fileURLToPath(import.meta.url));
const top = process.argv[2];

function render(part) {
    const text = execFileSync('kubectl',
        [ 'kustomize', join(top, 'deploy/kubernetes', part) ],
        { encoding: 'utf8' });
    return parseAllDocuments(text, { strict: true, uniqueKeys: true })
        .map(document => {
            if (document.errors.length) {
                throw document.errors[0];
            }
            return document.toJS();
        });
}

// Where the class of a kind is.

function moduleOf({ apiVersion, kind }) {
    const from = apiVersion.startsWith('monitoring.')
        ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models';
    return `${from}/${apiVersion}/${kind}`;
}

async function invalid(manifest) {
    const { [manifest.kind]: Kind } = await import(moduleOf(manifest));
    try {
        new Kind(manifest).validate();
        return;
    } catch (error) {
        return error.message;
    }
}

// A literal with a member that its type does not have is an error of
// TypeScript: the schemas themselves allow any.

function unknown(manifests) {
    const text = manifests.map((manifest, n) =>
        `import type { I${manifest.kind} as T${n} } from`
        + ` '${moduleOf(manifest)}';\n`
        + `export const m${n}: T${n} = ${JSON.stringify(manifest)};\n`);
    writeFileSync(join(dir, 'manifests.ts'), text.join(''));
    try {
        execFileSync('node', [ 'node_modules/typescript/bin/tsc', '--noEmit',
            '--skipLibCheck', '--strict', '--target', 'es2022', '--module',
            'nodenext', '--moduleResolution', 'nodenext', 'manifests.ts' ],
            { cwd: dir, encoding: 'utf8' });
        return;
    } catch (error) {
        return error.stdout;
    }
}

const copy = value => JSON.parse(JSON.stringify(value));
const selects = (selector, labels) => Object.entries(selector)
    .every(([ name, value ]) => labels[name] === value);

let failed = 0;
let checks = 0;

function ok(good, what, why) {
    checks++;
    console.log(`${good ? 'ok' : 'not ok'} ${checks} - ${what}`);
    if (!good) {
        failed++;
        if (why) {
            console.log(String(why).replace(/^/mg, '# '));
        }
    }
}

const parts = { '.': render('.'), registry: render('registry'),
    monitoring: render('monitoring') };
const all = Object.values(parts).flat();

for (const manifest of all) {
    const why = await invalid(manifest);
    ok(!why, `${manifest.kind} ${manifest.metadata.name}: schema`, why);
}

{
    const why = unknown(all);
    ok(!why, 'no member that the schemas do not know', why);
}

// The checks find what they are for.

const one = kind => all.find(manifest => manifest.kind === kind);
const deployment = one('Deployment');
const broken = copy(deployment);
broken.spec.template.spec.containers[0].securityContext
    .readOnlyRootFileSystem = true;
ok(/readOnlyRootFileSystem/.test(unknown([ broken ])),
    'a misspelt member is found');

const wrong = copy(deployment);
wrong.spec.template.spec.containers[0].ports[0].containerPort = 'http';
ok(/containerPort/.test(await invalid(wrong)), 'a wrong type is found');

// Names

const pod = deployment.spec.template;
const [ container ] = pod.spec.containers;
const ports = new Map(container.ports.map(port => [ port.name, port ]));
const name = object => object.metadata.name;

for (const { kind, metadata, spec } of all) {
    const selector = { Deployment: spec?.selector?.matchLabels,
        Service: spec?.selector, NetworkPolicy: spec?.podSelector?.matchLabels,
        PodDisruptionBudget: spec?.selector?.matchLabels }[kind];
    if (selector) {
        ok(Object.keys(selector).length && selects(selector,
            pod.metadata.labels), `${kind} ${metadata.name}: selects the pods`);
    }
}

const named = [
    ...all.filter(({ kind }) => kind === 'Service')
        .flatMap(({ spec }) => spec.ports.map(port => port.targetPort)),
    ...one('NetworkPolicy').spec.ingress.flatMap(rule =>
        rule.ports.map(port => port.port)),
    ...[ 'startupProbe', 'readinessProbe', 'livenessProbe' ]
        .map(probe => container[probe].httpGet.port) ];
ok(named.every(port => ports.has(port)), 'each port is one of the container',
    named);

const image = readFileSync(join(top, 'Containerfile'), 'utf8');
ok(isDeepStrictEqual(/^EXPOSE (.*)$/m.exec(image)[1].split(' ').map(Number),
    container.ports.map(port => port.containerPort)),
    'the ports are those of the image');
ok(/^USER 33:33$/m.test(image) && pod.spec.securityContext.runAsUser === 33,
    'the user is that of the image');

const target = one('HorizontalPodAutoscaler').spec.scaleTargetRef;
ok(target.kind === 'Deployment' && target.name === name(deployment)
    && !('replicas' in deployment.spec), 'the autoscaler sets the replicas');

const volumes = new Map(pod.spec.volumes.map(v => [ v.name, v ]));
const mounts = container.volumeMounts;
ok(mounts.every(mount => volumes.has(mount.name) && !mount.subPath)
    && mounts.length === volumes.size, 'volumes are mounted, none by subPath');
ok(volumes.get('registry').secret.secretName === name(one('Secret')),
    'the registry is the Secret of registry/');
ok(volumes.get('conf').configMap.name === name(one('ConfigMap'))
    && /^erpsync-conf-\w+$/.test(name(one('ConfigMap'))),
    'a changed gateway.conf has another name');

const monitor = one('ServiceMonitor').spec;
const scraped = all.filter(({ kind, metadata }) => kind === 'Service'
    && selects(monitor.selector.matchLabels, metadata.labels));
ok(scraped.length === 1 && scraped[0].spec.ports.some(port =>
    port.name === monitor.endpoints[0].port), 'one Service is scraped');
ok(scraped[0]?.metadata.labels[monitor.jobLabel] === 'erpsync',
    'as the job that the rules know');

const rules = parse(readFileSync(
    join(top, 'docs/monitoring/erpsync-rules.yml'), 'utf8'));
ok(isDeepStrictEqual(one('PrometheusRule').spec.groups, rules.groups),
    'the rules are those of docs/monitoring');

console.log(failed ? `${failed} of ${checks} failed`
    : `all ${checks} checks passed`);
process.exit(failed ? 1 : 0);
