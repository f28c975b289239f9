
#include "ctl.h"


/* All commands, their arguments and their help. */


#define CTL_USE_HELP  { CTL_OPT_HELP, "this help" }
#define CTL_USE_JSON  { CTL_OPT_JSON, "the result as JSON" }
#define CTL_USE_WAIT                                                          \
    { CTL_OPT_WAIT, "how long to wait for another editor (10)" }
#define CTL_USE_TIMES                                                         \
    { CTL_OPT_NOT_BEFORE, "the token is not valid before: a time\n"           \
      "(2027-01-31T12:00:00Z), a date or a duration (90d)" },                 \
    { CTL_OPT_EXPIRES, "the token is not valid from then on" }
#define CTL_USE_GRANTS                                                        \
    { CTL_OPT_AGENT, "an agent: ErpSync (*)" },                               \
    { CTL_OPT_OPERATION, "an operation (*)" },                                \
    { CTL_OPT_TENANT, "a tenant: Cust12345 (*)" },                            \
    { CTL_OPT_ADDRESS, "an address or a network (*)" },                       \
    { CTL_OPT_CONNECTION, "an ERP connection (*)" },                          \
    { CTL_OPT_CRM_ACTOR, "a CRM actor type (*)" },                            \
    { CTL_OPT_ERP_ACTOR, "an ERP actor type (*)" }
#define CTL_USE_DIRECTIVES                                                    \
    { CTL_OPT_TENANTS, "as erpsync_tenants" },                                \
    { CTL_OPT_INSTALLATION, "as erpsync_installation (online)" },             \
    { CTL_OPT_APP_TOKEN, "as erpsync_app_token" },                            \
    { CTL_OPT_CREDENTIALS, "as erpsync_credentials (*)" },                    \
    { CTL_OPT_SOAP, "as erpsync_soap" },                                      \
    { CTL_OPT_FORWARD_APP_TOKEN, "as erpsync_forward_app_token (on)" },       \
    { CTL_OPT_UNKNOWN, "as erpsync_unknown_properties (reject)" },            \
    { CTL_OPT_MAX_FIELD_VALUES, "as erpsync_max_field_values (1000)" },       \
    { CTL_OPT_LANGUAGES, "as erpsync_languages (*)" },                        \
    { CTL_OPT_DEFAULT_LANGUAGE, "as erpsync_default_language" },              \
    { CTL_OPT_DEFAULT_CULTURE, "as erpsync_default_culture" },                \
    { CTL_OPT_DEFAULT_TIMEZONE, "as erpsync_default_timezone" },              \
    { CTL_OPT_ERRORS, "as erpsync_errors (auto)" }
#define CTL_USE_GENERATE                                                      \
    { CTL_OPT_GENERATE, "make a new token of 256 bits and print it, once" },  \
    { CTL_OPT_CERTIFICATE, "in place of a token: a client certificate" }


static const ctl_use_t  ctl_check_uses[] = {
    { CTL_OPT_WITHIN, "warn of tokens that expire so soon (14d)" },
    { CTL_OPT_USER, "the user of nginx's workers (www-data or nginx)" },
    { CTL_OPT_KEY, "it must be signed by one of these public keys" },
    { CTL_OPT_FAIL_ON_WARNING, "a warning is an exit status of 1" },
    CTL_USE_JSON, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_list_uses[] = {
    CTL_USE_JSON, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_add_uses[] = {
    { CTL_OPT_ID, "id of the app; required" },
    { CTL_OPT_NAME, "its name" },
    CTL_USE_GRANTS,
    CTL_USE_TIMES, CTL_USE_GENERATE,
    { CTL_OPT_CREATE, "make the file if there is none" },
    CTL_USE_WAIT, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_rotate_uses[] = {
    { CTL_OPT_EXPIRE_OLD, "older tokens expire then: a time, a date, a\n"
      "duration (24h) or now" },
    { CTL_OPT_PRUNE, "remove tokens that have expired" },
    CTL_USE_TIMES, CTL_USE_GENERATE, CTL_USE_WAIT, CTL_USE_HELP,
    { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_revoke_uses[] = {
    { CTL_OPT_TOKEN, "remove the token or certificate whose digest\n"
      "begins so" },
    { CTL_OPT_REMOVE, "remove the app" },
    CTL_USE_WAIT, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_enable_uses[] = {
    CTL_USE_WAIT, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_enforce_uses[] = {
    { CTL_OPT_OFF, "judge its calls as the server does, again" },
    CTL_USE_WAIT, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_grant_uses[] = {
    CTL_USE_GRANTS,
    { CTL_OPT_NARROW, "grant only this where there was no limit" },
    CTL_USE_WAIT, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_ungrant_uses[] = {
    CTL_USE_GRANTS, CTL_USE_WAIT, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_request_uses[] = {
    { CTL_OPT_REGISTRY, "as erpsync_registry" },
    { CTL_OPT_APP, "this app calls, in place of a token" },
    { CTL_OPT_CERTIFICATE, "the client has this certificate" },
    { CTL_OPT_ADDRESS, "the client's address" },
    { CTL_OPT_AT, "when the call is made (now)" },
    { CTL_OPT_SHOW_SECRETS, "also show credentials and tokens" },
    CTL_USE_DIRECTIVES, CTL_USE_JSON, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_test_uses[] = {
    CTL_USE_DIRECTIVES, CTL_USE_JSON, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_tenants_uses[] = {
    CTL_USE_JSON, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_sign_uses[] = {
    { CTL_OPT_KEY, "a private key of Ed25519; required" },
    CTL_USE_WAIT, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_body_uses[] = {
    { CTL_OPT_TYPE, "its Content-Type (application/json)" },
    { CTL_OPT_BODY_OPERATION, "the operation it is for (TryConnectActor)" },
    { CTL_OPT_UNKNOWN, "as erpsync_unknown_properties (reject)" },
    { CTL_OPT_MAX_FIELD_VALUES, "as erpsync_max_field_values (1000)" },
    CTL_USE_JSON, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_uri_uses[] = {
    { CTL_OPT_INSTALLATION, "as erpsync_installation (online)" },
    CTL_USE_JSON, CTL_USE_HELP, { CTL_OPT_END, NULL }
};

static const ctl_use_t  ctl_schema_uses[] = {
    CTL_USE_JSON, CTL_USE_HELP, { CTL_OPT_END, NULL }
};


const ctl_command_t  ctl_commands[] = {

    { "registry", "check", "FILE", 1, 1, ctl_check_uses,
      "is the registry valid, what expires soon",
      "Checks a registry as nginx -t does and sums it up.  Warns of tokens\n"
      "that expire soon or have expired, and of a file that nginx's workers\n"
      "cannot read (if it is run as root) or others may write.",
      ctl_registry_check },

    { "registry", "list", "FILE [ID]", 1, 2, ctl_list_uses,
      "the apps, their tokens and grants",
      "Lists apps, their tokens, and what they are limited to.  Of a token's\n"
      "digest, the first 8 digits are shown.", ctl_registry_list },

    { "registry", "add", "FILE", 1, 1, ctl_add_uses,
      "add an app",
      "Adds an app.  Its token, the client_secret that SuperOffice gave the\n"
      "app, is read from standard input, one line; the registry holds its\n"
      "digest alone.  --generate makes a token of the gateway's own, for a\n"
      "gateway with \"erpsync_forward_app_token off\": the WebAPI does not\n"
      "know it.  Options marked (*) may be given several times.  Without them\n"
      "there is no limit of that kind, but no agent is granted unless --agent\n"
      "names it.\n\n"
      "With --certificate, the app is known by a client certificate that\n"
      "nginx verifies, and no token is read.", ctl_registry_add },

    { "registry", "rotate", "FILE ID", 2, 2, ctl_rotate_uses,
      "give an app another token",
      "Adds a token to an app, beside those that it has.  The token is read\n"
      "from standard input, one line, or made by --generate, as for registry\n"
      "add.",
      ctl_registry_rotate },

    { "registry", "revoke", "FILE ID", 2, 2, ctl_revoke_uses,
      "disable an app, or remove a token",
      "Disables an app: its calls are refused as app_disabled until registry\n"
      "enable. With --token, removes one of its tokens; with --remove, the\n"
      "app.", ctl_registry_revoke },

    { "registry", "enable", "FILE ID", 2, 2, ctl_enable_uses,
      "enable an app again",
      "Enables an app that is disabled.", ctl_registry_enable },

    { "registry", "enforce", "FILE ID", 2, 2, ctl_enforce_uses,
      "judge an app as with \"erpsync on\"",
      "Judges calls of an app as with \"erpsync on\", while those of others\n"
      "are only reported (\"erpsync report\").", ctl_registry_enforce },

    { "registry", "grant", "FILE ID", 2, 2, ctl_grant_uses,
      "grant an app more",
      "Adds to what an app is granted.  If the app has no limit of that kind,\n"
      "this would take all else away, and is done with --narrow only.  \"*\"\n"
      "lifts a limit: --tenant '*'.  Options marked (*) may be given several\n"
      "times.", ctl_registry_grant },

    { "registry", "ungrant", "FILE ID", 2, 2, ctl_ungrant_uses,
      "take grants away",
      "Takes away what an app is granted.  After the last item, nothing of\n"
      "that kind is granted.  Options marked (*) may be given several times.",
      ctl_registry_ungrant },

    { "registry", "diff", "OLD NEW", 2, 2, ctl_list_uses,
      "what apps may do that they might not",
      "Compares two registries: the apps that are added, removed and changed,\n"
      "what each may do in the new one that it might not in the old one, and\n"
      "the reverse.  Exit status 1: they differ.", ctl_registry_diff },

    { "registry", "sign", "FILE", 1, 1, ctl_sign_uses,
      "sign a registry",
      "Writes the Ed25519 signature of a registry to FILE.sig, for\n"
      "\"erpsync_registry ... key=\".", ctl_registry_sign },

    { "registry", "test", "FILE CASES", 2, 2, ctl_test_uses,
      "does the registry allow what it must, and no more",
      "Judges the requests of a JSON file as request check does, and compares\n"
      "the verdicts with those that it expects.  Prints the results in the\n"
      "Test Anything Protocol (TAP).  Options marked (*) may be given several\n"
      "times.", ctl_registry_test },

    { "request", "check", "[FILE]", 0, 1, ctl_request_uses,
      "judge a whole request",
      "Judges a request of HTTP/1.1, head and body, as the gateway does.\n"
      "Prints the request as it is forwarded, or the answer to a refusal.\n"
      "Headers that proxy_pass sets, such as Host, are not shown; of\n"
      "credentials and tokens only the kind, without --show-secrets.\n"
      "Options marked (*) may be given several times.  Without FILE, or for\n"
      "\"-\", the request is read from standard input.", ctl_request_check },

    { "tenants", "check", "FILE", 1, 1, ctl_tenants_uses,
      "is the tenants file valid",
      "Checks a tenants file as nginx -t does and sums it up.",
      ctl_tenants_check },

    { "body", "check", "[FILE]", 0, 1, ctl_body_uses,
      "judge the body of a call",
      "Judges a body as the gateway does. Prints the canonical body that the\n"
      "WebAPI would get, or every violation on standard error. Without FILE,\n"
      "or for \"-\", the body is read from standard input.", ctl_body_check },

    { "schema", "check", "OPENAPI-FILE", 1, 1, ctl_schema_uses,
      "does the gateway know all that a WebAPI has",
      "Compares the operations, members and types that the gateway knows with\n"
      "those of an OpenAPI description of the WebAPI (2 or 3, in JSON).",
      ctl_schema_check },

    { "uri", "check", "URI", 1, 1, ctl_uri_uses,
      "what the gateway makes of a URI",
      "Shows what the gateway makes of a URI or a path with its query:\n"
      "operation, tenant, the URI that is forwarded, or why it is refused.",
      ctl_uri_check },

    { NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL }
};
