// The policy of the module in njs.  njs has no access phase that may read a
// body: js_content judges, and an internal redirect leads to proxy_pass,
// which sends the body that was judged, written anew.

import crypto from 'crypto';
import registry from 'registry.js';

const apps = {};

registry.apps.forEach((app) => {
    app.tokens.forEach((token) => {
        apps[token.sha256] = app;
    });
});

function id(v) {
    if (typeof v === 'string' && /^[0-9]{1,10}$/.test(v)) {
        v = Number(v);
    }

    return typeof v === 'number' && v >= 1 && v <= 2147483647 && v % 1 === 0
           ? v : undefined;
}

function key(v) {
    if (typeof v === 'number') {
        v = String(v);
    }

    return typeof v === 'string' && v.length >= 1 && v.length <= 254
           && v.trim() !== '' ? v : undefined;
}

function text(v) {
    const t = typeof v;

    if (t === 'string' || v === null) {
        return v;
    }

    return t === 'number' || t === 'boolean' ? String(v) : undefined;
}

function label(v) {
    if (v === null || (typeof v === 'string' && v.length <= 254)) {
        return v;
    }

    return typeof v === 'number' ? String(v) : undefined;
}

function flag(v) {
    if (typeof v === 'boolean') {
        return v;
    }

    if (v === 0 || v === 1) {
        return v === 1;
    }

    const s = typeof v === 'string' ? v.toLowerCase() : '';

    return s === 'true' ? true : s === 'false' ? false : undefined;
}

function enumeration(list) {
    const values = {};

    list.forEach((value, i) => {
        values[value] = value;
        values[value.toLowerCase()] = value;
        values[i + 1] = value;
    });

    return (v) => values[v] || (typeof v === 'string'
                                ? values[v.toLowerCase()] : undefined);
}

const fieldRules = {
    DisplayName: label, CrmFieldKey: key, Value: text, DisplayValue: text,
    SyncToCrm: flag, SyncToErp: flag,
};

const rules = {
    ErpConnectionId: id, CrmRecordId: id,
    CrmActorType: enumeration(['Contact', 'Person', 'Project', 'Sale']),
    ErpKey: key,
    ErpActorType: enumeration(['Customer', 'Supplier', 'Partner', 'Person',
                               'Project', 'Employee', 'Sale']),
    FieldValues: fieldValues,
};

const names = {};

[rules, fieldRules].forEach((list) => {
    Object.keys(list).forEach((name) => {
        names[name] = name;
        names[name.toLowerCase()] = name;
        names[name[0].toLowerCase() + name.slice(1)] = name;
    });
});

// The canonical object, or undefined

function judgeObject(object, list) {
    const result = {};

    if (typeof object !== 'object' || object === null) {
        return undefined;
    }

    for (const k in object) {
        const name = names[k] || names[k.toLowerCase()];
        const rule = name && list[name];

        if (!rule || result[name] !== undefined) {
            return undefined;
        }

        const value = rule(object[k]);

        if (value === undefined) {
            return undefined;
        }

        if (value !== null) {
            result[name] = value;
        }
    }

    return result;
}

function fieldValues(list) {
    if (list === null) {
        return [];
    }

    if (!Array.isArray(list)) {
        return undefined;
    }

    for (let i = 0; i < list.length; i++) {
        const value = judgeObject(list[i], fieldRules);

        if (!value || value.CrmFieldKey === undefined) {
            return undefined;
        }

        list[i] = value;
    }

    return list;
}

function refuse(r, status, reason) {
    r.headersOut['Content-Type'] = 'application/json; charset=utf-8';
    r.return(status, '{"Error":true,"ErrorType":"' + reason
             + '","ErrorMessage":"' + reason
             + '","ErrorSource":"gateway"}');
}

const operation =
    /^\/(Cust[0-9]+)\/api\/v1\/agents\/erpsync\/tryconnectactor$/i;
const scheme = /^(bearer|soticket) +(8A:(Cust[0-9]+)\.)?[^ ]+$/i;
const language = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;
const timezone = /^([A-Za-z0-9-]+(, ?includeTZOffset)?|includeTZOffset)$/;

function judge(r) {
    const h = r.headersIn;
    const path = operation.exec(r.uri);

    if (!path || r.method !== 'POST') {
        return refuse(r, 404, 'operation_unknown');
    }

    const auth = scheme.exec(h['Authorization'] || '');

    if (!auth) {
        return refuse(r, 401, 'credentials_missing');
    }

    const app = apps[crypto.createHash('sha256')
                     .update(h['SO-AppToken'] || '').digest('hex')];

    if (!app) {
        return refuse(r, 403, 'app_token_unknown');
    }

    if (app.agents.indexOf('ErpSync') < 0) {
        return refuse(r, 403, 'agent_not_granted');
    }

    if ((auth[3] && auth[3] !== path[1])
        || (app.tenants && app.tenants.indexOf(path[1]) < 0))
    {
        return refuse(r, 403, 'tenant_not_granted');
    }

    if (!/^application\/json/i.test(h['Content-Type'] || '')) {
        return refuse(r, 415, 'content_type_unsupported');
    }

    const lang = h['SO-Language'] || '';
    const culture = h['SO-Culture'] || '';
    const zone = h['SO-TimeZone'] || '';

    if ((lang && !language.test(lang)) || (culture && !language.test(culture))
        || (zone && !timezone.test(zone)))
    {
        return refuse(r, 400, 'language_invalid');
    }

    let body;

    try {
        body = JSON.parse(r.requestText);
    } catch (e) {
        return refuse(r, 400, 'body_malformed');
    }

    body = judgeObject(body, rules);

    if (!body || !body.ErpConnectionId || !body.CrmRecordId
        || !body.CrmActorType || !body.ErpKey || !body.ErpActorType)
    {
        return refuse(r, 422, 'body_invalid');
    }

    if (!body.FieldValues) {
        body.FieldValues = [];
    }

    r.variables.language = lang;
    r.variables.culture = culture;
    r.variables.timezone = zone;
    r.variables.body = JSON.stringify(body);

    r.internalRedirect('@webapi');
}

export default { judge };
