-- The policy of the module, as one would write it for lua-nginx-module with
-- cjson: judged in the access phase, before proxy_pass; what is forwarded is
-- what was judged, written anew.

local cjson = require "cjson"
local ffi = require "ffi"

local type, next, pairs, ipairs = type, next, pairs, ipairs
local lower, find = string.lower, string.find
local re_find, re_match = ngx.re.find, ngx.re.match

ffi.cdef[[
unsigned char *SHA256(const unsigned char *d, size_t n, unsigned char *md);
]]

local digest = ffi.new("unsigned char[32]")
local apps = {}

local _M = {}


local function sha256(s)
    ffi.C.SHA256(s, #s, digest)
    return ffi.string(digest, 32)
end


local function set(list)
    local result = {}

    for _, name in ipairs(list) do
        result[name] = true
    end

    return result
end


function _M.load(path)
    local file = assert(io.open(path, "rb"))
    local registry = cjson.decode(file:read("*a"))

    file:close()

    for _, app in ipairs(registry.apps) do
        app.agents = set(app.agents)
        app.tenants = app.tenants and set(app.tenants)

        for _, token in ipairs(app.tokens) do
            local raw = token.sha256:gsub("%x%x", function(hex)
                return string.char(tonumber(hex, 16))
            end)

            apps[raw] = app
        end
    end
end


-- Members: a rule gives the canonical value, or nil

local null = cjson.null

local function id(v)
    if type(v) == "string" and find(v, "^%d%d?%d?%d?%d?%d?%d?%d?%d?%d?$") then
        v = tonumber(v)
    end

    if type(v) == "number" and v >= 1 and v <= 2147483647 and v % 1 == 0 then
        return v
    end
end

local function key(v)
    if type(v) == "number" then
        v = tostring(v)
    end

    if type(v) == "string" and #v <= 254 and find(v, "%S") then
        return v
    end
end

local function text(v)
    local t = type(v)

    if t == "string" or v == null then
        return v
    elseif t == "number" or t == "boolean" then
        return tostring(v)
    end
end

local function name(v)
    if v == null or type(v) == "string" and #v <= 254 then
        return v
    elseif type(v) == "number" then
        return tostring(v)
    end
end

local function flag(v)
    if type(v) == "boolean" then
        return v
    elseif v == 0 or v == 1 then
        return v == 1
    elseif type(v) == "string" then
        v = lower(v)

        if v == "true" or v == "false" then
            return v == "true"
        end
    end
end

local function enum(list)
    local values = {}

    for i, value in ipairs(list) do
        values[value] = value
        values[lower(value)] = value
        values[i] = value
        values[tostring(i)] = value
    end

    return function(v)
        return values[v] or type(v) == "string" and values[lower(v)] or nil
    end
end

local field_rules = {
    DisplayName = name, CrmFieldKey = key, Value = text,
    DisplayValue = text, SyncToCrm = flag, SyncToErp = flag,
}

local rules = {
    ErpConnectionId = id, CrmRecordId = id,
    CrmActorType = enum { "Contact", "Person", "Project", "Sale" },
    ErpKey = key,
    ErpActorType = enum { "Customer", "Supplier", "Partner", "Person",
                          "Project", "Employee", "Sale" },
}

local names = {}

for _, list in ipairs { rules, field_rules, { FieldValues = true } } do
    for documented in pairs(list) do
        names[documented] = documented
        names[lower(documented)] = documented
        names[lower(documented:sub(1, 1)) .. documented:sub(2)] = documented
    end
end


local function judge_object(object, list)
    local result = {}

    for k, v in pairs(object) do
        local documented = names[k] or type(k) == "string" and names[lower(k)]

        if not documented or result[documented] ~= nil then
            return nil
        end

        if documented == "FieldValues" then
            result.FieldValues = v
        else
            local rule = list[documented]
            local value = rule and rule(v)

            if value == nil then
                return nil
            end

            if value ~= null then
                result[documented] = value
            end
        end
    end

    return result
end


local function judge_body(body)
    local result = judge_object(body, rules)

    if not result or not result.ErpConnectionId or not result.CrmRecordId
        or not result.CrmActorType or not result.ErpKey
        or not result.ErpActorType
    then
        return nil
    end

    local values = result.FieldValues

    if values == nil or values == null then
        result.FieldValues = nil
        return result
    end

    if type(values) ~= "table" or #values == 0 and next(values) then
        return nil
    end

    if #values == 0 then

        -- cjson would write an empty list as {}

        result.FieldValues = nil
        return result
    end

    for i = 1, #values do
        local value = values[i]

        value = type(value) == "table" and judge_object(value, field_rules)

        if not value or not value.CrmFieldKey then
            return nil
        end

        values[i] = value
    end

    return result
end


local function refuse(status, reason)
    ngx.status = status
    ngx.header["Content-Type"] = "application/json; charset=utf-8"
    ngx.print('{"Error":true,"ErrorType":"', reason, '","ErrorMessage":"',
              reason, '","ErrorSource":"gateway"}')
    return ngx.exit(status)
end


local language = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"
local timezone = "^([A-Za-z0-9-]+(, ?includeTZOffset)?|includeTZOffset)$"
local scheme = "^(bearer|soticket) +(?:8A:(Cust[0-9]+)\\.)?[^ ]+$"
local operation = "^/(Cust[0-9]+)/api/v1/agents/erpsync/tryconnectactor$"


function _M.judge()
    local var = ngx.var
    local path = re_match(var.uri, operation, "ijo")

    if not path then
        return refuse(404, "operation_unknown")
    end

    local auth = re_match(var.http_authorization or "", scheme, "ijo")

    if not auth then
        return refuse(401, "credentials_missing")
    end

    local app = apps[sha256(var.http_so_apptoken or "")]

    if not app then
        return refuse(403, "app_token_unknown")
    end

    if not app.agents.ErpSync then
        return refuse(403, "agent_not_granted")
    end

    local tenant = path[1]

    if (auth[2] and auth[2] ~= tenant)
        or (app.tenants and not app.tenants[tenant])
    then
        return refuse(403, "tenant_not_granted")
    end

    if not find(lower(var.content_type or ""), "^application/json") then
        return refuse(415, "content_type_unsupported")
    end

    local lang = var.http_so_language
    local culture = var.http_so_culture
    local zone = var.http_so_timezone

    if (lang and not re_find(lang, language, "jo"))
        or (culture and not re_find(culture, language, "jo"))
        or (zone and not re_find(zone, timezone, "jo"))
    then
        return refuse(400, "language_invalid")
    end

    ngx.req.read_body()

    local ok, body = pcall(cjson.decode, ngx.req.get_body_data() or "")

    if not ok or type(body) ~= "table" then
        return refuse(400, "body_malformed")
    end

    body = judge_body(body)

    if not body then
        return refuse(422, "body_invalid")
    end

    ngx.req.set_body_data(cjson.encode(body))
    ngx.req.set_header("Content-Type", "application/json; charset=utf-8")

    if lang then
        ngx.req.set_header("Accept-Language", lang)
    end
end


return _M
