
#include <simdjson.h>

#include "simdjson_c.h"


static_assert(BENCH_SIMDJSON_PADDING >= simdjson::SIMDJSON_PADDING,
              "simdjson reads further behind a text");


/* The names of the members, documented and in camel case. */

struct names_t {
    const char  *connection, *record, *crm_type, *key, *erp_type, *values;
    const char  *label, *field, *value, *display, *to_crm, *to_erp;
};

static const names_t  documented = {
    "ErpConnectionId", "CrmRecordId", "CrmActorType", "ErpKey",
    "ErpActorType", "FieldValues", "DisplayName", "CrmFieldKey", "Value",
    "DisplayValue", "SyncToCrm", "SyncToErp"
};

static const names_t  camelcase = {
    "erpConnectionId", "crmRecordId", "crmActorType", "erpKey",
    "erpActorType", "fieldValues", "displayName", "crmFieldKey", "value",
    "displayValue", "syncToCrm", "syncToErp"
};


const char *
bench_simdjson_name(void)
{
    static const std::string  name =
                         simdjson::get_active_implementation()->name();

    return name.c_str();
}


bool
bench_simdjson_dom(const uint8_t *text, size_t len)
{
    simdjson::dom::element        root;
    static simdjson::dom::parser  parser;

    return parser.parse(text, len, false).get(root) == simdjson::SUCCESS;
}


static uint64_t
read_value(simdjson::ondemand::object &object, const names_t &names)
{
    std::string_view  label, field, value, display;

    label = object.find_field(names.label);
    field = object.find_field(names.field);
    value = object.find_field(names.value);
    display = object.find_field(names.display);

    return label.size() + field.size() + value.size() + display.size()
           + bool(object.find_field(names.to_crm)) + bool(object.find_field(names.to_erp));
}


bool
bench_simdjson_demand(const uint8_t *text, size_t len, bool camel)
{
    static simdjson::ondemand::parser  parser;

    const names_t  &names = camel ? camelcase : documented;

    try {
        uint64_t          sum;
        std::string_view  crm_type, key, erp_type;

        simdjson::ondemand::document  document = parser.iterate(
            text, len, len + simdjson::SIMDJSON_PADDING);
        simdjson::ondemand::object  root = document.get_object();

        sum = uint64_t(root.find_field(names.connection));
        sum += uint64_t(root.find_field(names.record));
        crm_type = root.find_field(names.crm_type);
        key = root.find_field(names.key);
        erp_type = root.find_field(names.erp_type);
        sum += crm_type.size() + key.size() + erp_type.size();

        for (simdjson::ondemand::object value
             : root.find_field(names.values).get_array())
        {
            sum += read_value(value, names);
        }

        return sum != 0;

    } catch (const simdjson::simdjson_error &) {
        return false;
    }
}


bool
bench_simdjson_minify(const uint8_t *text, size_t len, uint8_t *out)
{
    size_t  size;

    return simdjson::get_active_implementation()->minify(text, len, out, size)
           == simdjson::SUCCESS && size != 0;
}
