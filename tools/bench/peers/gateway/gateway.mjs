// The policy of the module, as a Node gateway would be written: fastify for
// HTTP, ajv for the schema, undici towards the WebAPI.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import Ajv from 'ajv';
import Fastify from 'fastify';
import { Pool } from 'undici';

const { PORT, WEBAPI, REGISTRY } = process.env;

const apps = new Map();

for (const app of JSON.parse(readFileSync(REGISTRY, 'utf8')).apps) {
  for (const { sha256 } of app.tokens) {
    apps.set(sha256, app);
  }
}

// The schema, by documented names

const id = { anyOf: [
  { type: 'integer', minimum: 1, maximum: 2147483647 },
  { type: 'string', pattern: '^[0-9]{1,10}$' },
] };
const key = { type: 'string', minLength: 1, maxLength: 254 };
const text = { type: ['string', 'null'] };
const flag = { type: 'boolean' };

const validate = new Ajv({ allowUnionTypes: true }).compile({
  type: 'object',
  additionalProperties: false,
  required: ['ErpConnectionId', 'CrmRecordId', 'CrmActorType', 'ErpKey',
    'ErpActorType'],
  properties: {
    ErpConnectionId: id,
    CrmRecordId: id,
    CrmActorType: { enum: ['Contact', 'Person', 'Project', 'Sale'] },
    ErpKey: key,
    ErpActorType: { enum: ['Customer', 'Supplier', 'Partner', 'Person',
      'Project', 'Employee', 'Sale'] },
    FieldValues: { type: ['array', 'null'], items: {
      type: 'object',
      additionalProperties: false,
      required: ['CrmFieldKey'],
      properties: { DisplayName: { type: ['string', 'null'],
        maxLength: 254 }, CrmFieldKey: key, Value: text, DisplayValue: text,
      SyncToCrm: flag, SyncToErp: flag },
    } },
  },
});

// Names in any case -> documented names; ajv then refuses what is unknown.

const names = new Map(['ErpConnectionId', 'CrmRecordId', 'CrmActorType',
  'ErpKey', 'ErpActorType', 'FieldValues', 'DisplayName', 'CrmFieldKey',
  'Value', 'DisplayValue', 'SyncToCrm', 'SyncToErp'].flatMap((name) =>
  [[name, name], [name[0].toLowerCase() + name.slice(1), name],
    [name.toLowerCase(), name]]));

function documented(object) {
  const result = {};

  for (const name in object) {
    result[names.get(name) ?? names.get(name.toLowerCase()) ?? name]
      = object[name];
  }

  return result;
}

const language = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;
const timezone = /^([A-Za-z0-9-]+(, ?includeTZOffset)?|includeTZOffset)$/;
const credentials = /^(Bearer|SoTicket) +(?:8A:(Cust\d+)\.)?[^ ]+$/i;

const pool = new Pool(WEBAPI, { connections: 64 });
const server = Fastify({ bodyLimit: 8 << 20, keepAliveTimeout: 300000 });

function refuse(reply, status, reason) {
  return reply.code(status).send({ Error: true, ErrorType: reason,
    ErrorMessage: reason, ErrorSource: 'gateway' });
}

server.setErrorHandler((error, request, reply) =>
  refuse(reply, error.statusCode ?? 500, 'body_malformed'));

function judgeHead(request, reply, done) {
  const h = request.headers;
  const c = credentials.exec(h.authorization ?? '');

  if (!c) {
    return refuse(reply, 401, 'credentials_missing');
  }

  const app = apps.get(createHash('sha256').update(h['so-apptoken'] ?? '')
    .digest('hex'));
  const { tenant } = request.params;

  if (!app) {
    return refuse(reply, 403, 'app_token_unknown');
  }

  if (!app.agents.includes('ErpSync')) {
    return refuse(reply, 403, 'agent_not_granted');
  }

  if ((c[2] && c[2] !== tenant)
    || (app.tenants && !app.tenants.includes(tenant)))
  {
    return refuse(reply, 403, 'tenant_not_granted');
  }

  if ((h['so-language'] && !language.test(h['so-language']))
    || (h['so-culture'] && !language.test(h['so-culture']))
    || (h['so-timezone'] && !timezone.test(h['so-timezone'])))
  {
    return refuse(reply, 400, 'language_invalid');
  }

  done();
}

server.post('/:tenant/api/v1/Agents/ErpSync/TryConnectActor',
  { onRequest: judgeHead }, async (request, reply) => {
    const body = documented(request.body);

    if (Array.isArray(body.FieldValues)) {
      body.FieldValues = body.FieldValues.map(documented);
    }

    if (!validate(body)) {
      return refuse(reply, 422, 'body_invalid');
    }

    const h = request.headers;
    const answer = await pool.request({
      method: 'POST',
      path: request.raw.url,
      headers: {
        'authorization': h.authorization,
        'so-apptoken': h['so-apptoken'],
        'so-language': h['so-language'] ?? '',
        'accept-language': h['so-language'] ?? '',
        'so-culture': h['so-culture'] ?? '',
        'so-timezone': h['so-timezone'] ?? '',
        'accept': h.accept ?? '*/*',
        'content-type': 'application/json; charset=utf-8',
      },
      body: JSON.stringify(body),
    });

    reply.code(answer.statusCode)
      .header('content-type', answer.headers['content-type']);

    return reply.send(await answer.body.text());
  });

await server.listen({ host: '127.0.0.1', port: Number(PORT) });

process.on('SIGTERM', () => process.exit(0));
