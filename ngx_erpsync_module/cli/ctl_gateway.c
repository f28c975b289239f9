
#include <arpa/inet.h>
#include <stdlib.h>

#include "ctl_request.h"


static bool ctl_gateway_policy(const ctl_t *ctl, ctl_gateway_t *gateway);
static bool ctl_gateway_schemes(const ctl_t *ctl, erpsync_policy_t *policy);
static bool ctl_gateway_locale(const ctl_t *ctl, ctl_gateway_t *gateway);
static ctl_exit_t ctl_gateway_registry(const ctl_t *ctl,
    ctl_gateway_t *gateway, const char *path);
static bool ctl_gateway_tokens(const ctl_gateway_t *gateway, json_t *apps);


ctl_exit_t
ctl_gateway_open(const ctl_t *ctl, ctl_gateway_t *gateway, const char *path)
{
    ctl_exit_t  code;

    memset(gateway, 0, sizeof(ctl_gateway_t));
    erpsync_arena_init(&gateway->arena);

    gateway->digester = erpsync_digester_create();
    gateway->secrets = ctl_has(ctl, CTL_OPT_SHOW_SECRETS);

    if (gateway->digester == NULL
        || erpsync_random(&gateway->key, sizeof(gateway->key)) != ERPSYNC_OK)
    {
        ctl_error(ctl, "OpenSSL does not provide SHA-256 and random bytes");
        return CTL_FAILED;
    }

    if (!ctl_gateway_policy(ctl, gateway)) {
        return CTL_FAILED;
    }

    if (ctl_has(ctl, CTL_OPT_TENANTS)) {
        code = ctl_tenants_open(ctl, ctl_value(ctl, CTL_OPT_TENANTS, ""),
                                &gateway->tenants);

        if (code != CTL_GOOD) {
            return code;
        }
    }

    return path ? ctl_gateway_registry(ctl, gateway, path) : CTL_GOOD;
}


void
ctl_gateway_close(ctl_gateway_t *gateway)
{
    erpsync_registry_destroy(gateway->registry);

    if (gateway->tenants) {
        erpsync_kind_destroy(&erpsync_tenants_kind, gateway->tenants);
    }

    if (gateway->digester) {
        erpsync_digester_destroy(gateway->digester);
    }

    erpsync_arena_destroy(&gateway->arena);
}


/* Sets the policy, as the module does from its directives. */

static bool
ctl_gateway_policy(const ctl_t *ctl, ctl_gateway_t *gateway)
{
    unsigned           onsite, token, soap, off;
    erpsync_policy_t  *policy;

    policy = &gateway->policy;
    onsite = 0;
    off = 0;

    if (!ctl_choice(ctl, CTL_OPT_INSTALLATION, &onsite)) {
        return false;
    }

    token = onsite ? ERPSYNC_APP_TOKEN_OPTIONAL : ERPSYNC_APP_TOKEN_REQUIRED;
    soap = onsite;

    if (!ctl_choice(ctl, CTL_OPT_APP_TOKEN, &token)
        || !ctl_choice(ctl, CTL_OPT_SOAP, &soap)
        || !ctl_choice(ctl, CTL_OPT_FORWARD_APP_TOKEN, &off)
        || !ctl_choice(ctl, CTL_OPT_ERRORS, &gateway->errors)
        || !ctl_body_limits(ctl, &policy->unknown, &policy->max_field_values))
    {
        return false;
    }

    policy->online = !onsite;
    policy->app_token = (erpsync_app_token_t) token;
    policy->soap_pass = soap;
    policy->forward_app_token = !off;

    return ctl_gateway_schemes(ctl, policy)
           && ctl_gateway_locale(ctl, gateway);
}


static bool
ctl_gateway_schemes(const ctl_t *ctl, erpsync_policy_t *policy)
{
    int          n;
    size_t       i;
    const char  *value;

    policy->schemes = ERPSYNC_SCHEME_SOTICKET|ERPSYNC_SCHEME_BEARER
                      |ERPSYNC_SCHEME_XSRF;

    if (!policy->online) {
        policy->schemes |= ERPSYNC_SCHEME_BASIC;
    }

    if (ctl_has(ctl, CTL_OPT_CREDENTIALS)) {
        policy->schemes = 0;
    }

    for (i = 0; (value = ctl_nth(ctl, CTL_OPT_CREDENTIALS, i)) != NULL; i++)
    {
        /* in the order of their bits */

        n = ctl_word(value, "basic|soticket|bearer|negotiate|xsrf");

        if (n == -1) {
            ctl_error(ctl, "--credentials must be basic, soticket, bearer, "
                      "negotiate or xsrf");
            return false;
        }

        policy->schemes |= 1u << n;
    }

    return true;
}


/* Reads the n-th value of an option as a language tag, if there is one. */

static bool
ctl_gateway_tag(const ctl_t *ctl, ctl_gateway_t *gateway, ctl_opt_t option,
    size_t n, erpsync_str_t *tag)
{
    const char    *value;
    erpsync_rc_t   rc;

    value = ctl_nth(ctl, option, n);

    if (value == NULL) {
        return true;
    }

    rc = ERPSYNC_OK;
    *tag = (option == CTL_OPT_DEFAULT_TIMEZONE)
           ? erpsync_timezone(&gateway->arena, ctl_str(value), &rc)
           : erpsync_language_tag(&gateway->arena, ctl_str(value), &rc);

    if (tag->len == 0) {
        ctl_error(ctl, "%s must be %s", ctl_option_name(option, NULL),
                  (option == CTL_OPT_DEFAULT_TIMEZONE)
                  ? "a time zone, as in SO-TimeZone"
                  : "a language tag, such as nb-NO");
        return false;
    }

    return true;
}


static bool
ctl_gateway_locale(const ctl_t *ctl, ctl_gateway_t *gateway)
{
    size_t                  i, n;
    erpsync_str_t          *languages;
    erpsync_locale_conf_t  *locale;

    locale = &gateway->policy.locale;

    for (n = 0; ctl_nth(ctl, CTL_OPT_LANGUAGES, n); n++) {
        /* void */
    }

    languages = erpsync_alloc(&gateway->arena, n * sizeof(erpsync_str_t));

    if (languages == NULL) {
        ctl_error(ctl, "no memory");
        return false;
    }

    for (i = 0; i < n; i++) {
        if (!ctl_gateway_tag(ctl, gateway, CTL_OPT_LANGUAGES, i,
                             &languages[i]))
        {
            return false;
        }
    }

    locale->nlanguages = n;
    locale->languages = languages;

    return ctl_gateway_tag(ctl, gateway, CTL_OPT_DEFAULT_LANGUAGE, 0,
                           &locale->default_language)
           && ctl_gateway_tag(ctl, gateway, CTL_OPT_DEFAULT_CULTURE, 0,
                              &locale->default_culture)
           && ctl_gateway_tag(ctl, gateway, CTL_OPT_DEFAULT_TIMEZONE, 0,
                              &locale->default_timezone);
}


static ctl_exit_t
ctl_gateway_registry(const ctl_t *ctl, ctl_gateway_t *gateway,
    const char *path)
{
    char            *text, error[ERPSYNC_REGISTRY_ERROR_LEN];
    ctl_exit_t       code;
    ctl_registry_t   r;

    code = ctl_registry_open(ctl, path, &r);

    if (code != CTL_GOOD) {
        return code;
    }

    text = ctl_gateway_tokens(gateway, r.apps) ? json_dumps(r.root, 0) : NULL;
    ctl_registry_free(&r);

    if (text) {
        gateway->registry = erpsync_registry_parse(ctl_str(text), error);
        free(text);
    }

    if (gateway->registry == NULL) {
        ctl_error(ctl, "no memory");
        return CTL_FAILED;
    }

    return CTL_GOOD;
}


/* Gives every app a token by which --app presents it. */

static bool
ctl_gateway_tokens(const ctl_gateway_t *gateway, json_t *apps)
{
    char      text[128], hex[CTL_DIGEST_HEX + 1];
    size_t    i;
    json_t   *app;
    uint8_t   digest[ERPSYNC_DIGEST_LEN];

    json_array_foreach (apps, i, app) {
        (void) snprintf(text, sizeof(text), CTL_APP_TOKEN "%s",
                        ctl_json_string(app, "id"));

        if (erpsync_digest(gateway->digester, ctl_str(text), digest)
            != ERPSYNC_OK)
        {
            return false;
        }

        ctl_digest_write(digest, hex);

        if (json_array_append_new(ctl_app_list(app, "tokens"),
                                  json_pack("{s:s}", "sha256", hex))
            != 0)
        {
            return false;
        }
    }

    return true;
}


bool
ctl_address(const char *text, erpsync_address_t *address)
{
    memset(address, 0, sizeof(erpsync_address_t));

    if (inet_pton(AF_INET, text, address->bytes) == 1) {
        address->family = ERPSYNC_ADDRESS_INET;
        return true;
    }

    if (inet_pton(AF_INET6, text, address->bytes) != 1) {
        return false;
    }

    address->family = ERPSYNC_ADDRESS_INET6;

    /* an IPv4-mapped address is an IPv4 one */

    if (memcmp(address->bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0) {
        address->family = ERPSYNC_ADDRESS_INET;
        memmove(address->bytes, address->bytes + 12, 4);
    }

    return true;
}
