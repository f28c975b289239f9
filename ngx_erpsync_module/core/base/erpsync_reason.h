
/*
 * Why a request was refused (docs/reasons.md).  One table gives every reason
 * its public name, HTTP status and sentence.
 */


#ifndef ERPSYNC_REASON_H
#define ERPSYNC_REASON_H


#include "erpsync_base.h"


/*     constant               name                       status  sentence */

#define ERPSYNC_REASONS(X)                                                    \
    X(OK,                     "ok",                      200,                 \
      "The request was accepted.")                                            \
    X(PATH_AMBIGUOUS,         "path_ambiguous",          400,                 \
      "Send the path of the operation as documented, with no percent "        \
      "sequences, backslashes or dot segments: a server could read this "     \
      "path in another way.")                                                 \
    X(HEADER_DUPLICATED,      "header_duplicated",       400,                 \
      "Send each of these headers only once: Authorization, SO-AppToken, "    \
      "X-XSRF-TOKEN, SO-Language, SO-Culture, SO-TimeZone, Content-Type, "    \
      "Content-Encoding.")                                                    \
    X(HEADER_MALFORMED,       "header_malformed",        400,                 \
      "The request is not valid HTTP, its headers are too long, or one that " \
      "decides about access or content has a control character in it. "       \
      "SO-AppToken and X-XSRF-TOKEN may have visible ASCII only, without "    \
      "blanks.")                                                              \
    X(SELECT_INVALID,         "select_invalid",          400,                 \
      "$select must be a comma-separated list of property paths, given "      \
      "once and at most 2,048 bytes long.")                                   \
    X(LANGUAGE_INVALID,       "language_invalid",        400,                 \
      "SO-Language must be a language tag, such as nb-NO, or * for no "       \
      "translation.")                                                         \
    X(CULTURE_INVALID,        "culture_invalid",         400,                 \
      "SO-Culture must be a language tag, such as nb-NO.")                    \
    X(TIMEZONE_INVALID,       "timezone_invalid",        400,                 \
      "SO-TimeZone must be the id or the code of a time zone, such as 261 "   \
      "or NO.")                                                               \
    X(BODY_MISSING,           "body_missing",            400,                 \
      "This operation needs a request body.")                                 \
    X(BODY_MALFORMED,         "body_malformed",          400,                 \
      "The request body is not well-formed.")                                 \
    X(CREDENTIALS_MISSING,    "credentials_missing",     401,                 \
      "Send an Authorization header or, without one, X-XSRF-TOKEN.")          \
    X(CREDENTIALS_MALFORMED,  "credentials_malformed",   401,                 \
      "The Authorization header must be a scheme and its credentials; "       \
      "those of Basic must be user:password in base64.")                      \
    X(SCHEME_NOT_ALLOWED,     "scheme_not_allowed",      401,                 \
      "This authentication scheme is not accepted here.")                     \
    X(XSRF_MISMATCH,          "xsrf_mismatch",           403,                 \
      "X-XSRF-TOKEN and the cookie XSRF-TOKEN differ.")                       \
    X(APP_TOKEN_MISSING,      "app_token_missing",       403,                 \
      "Send the token of a registered app in SO-AppToken, or use its client " \
      "certificate.")                                                         \
    X(APP_TOKEN_UNKNOWN,      "app_token_unknown",       403,                 \
      "SO-AppToken does not belong to a registered app.")                     \
    X(APP_TOKEN_EXPIRED,      "app_token_expired",       403,                 \
      "SO-AppToken or the client certificate has expired, or is not valid "   \
      "yet.")                                                                 \
    X(APP_MISMATCH,           "app_mismatch",            403,                 \
      "SO-AppToken and the client certificate belong to different apps.")     \
    X(APP_DISABLED,           "app_disabled",            403,                 \
      "The app is disabled.")                                                 \
    X(AGENT_NOT_GRANTED,      "agent_not_granted",       403,                 \
      "The app was not granted the ErpSync agent, which is not available "    \
      "in Online by default. Access must be requested when the app is "       \
      "registered.")                                                          \
    X(OPERATION_NOT_GRANTED,  "operation_not_granted",   403,                 \
      "The app was not granted this operation.")                              \
    X(TENANT_NOT_GRANTED,     "tenant_not_granted",      403,                 \
      "The app was not granted this tenant.")                                 \
    X(TENANT_MISMATCH,        "tenant_mismatch",         403,                 \
      "The path and the credentials name different tenants.")                 \
    X(ADDRESS_NOT_GRANTED,    "address_not_granted",     403,                 \
      "The app may not be used from this address.")                           \
    X(CONNECTION_NOT_GRANTED, "connection_not_granted",  403,                 \
      "The app is granted certain ERP connections only, and the call "        \
      "names another one or none.")                                           \
    X(ACTOR_TYPE_NOT_GRANTED, "actor_type_not_granted",  403,                 \
      "The app is granted certain actor types only, and the call names "      \
      "another one or none.")                                                 \
    X(SOAP_NOT_ALLOWED,       "soap_not_allowed",        403,                 \
      "The ErpSync agent is not available over SOAP here.")                   \
    X(OPERATION_UNKNOWN,      "operation_unknown",       404,                 \
      "The ErpSync agent does not have this operation.")                      \
    X(METHOD_NOT_ALLOWED,     "method_not_allowed",      405,                 \
      "Use POST to call an operation of the ErpSync agent. GET, HEAD and "    \
      "OPTIONS are also accepted.")                                           \
    X(REQUEST_TIMEOUT,        "request_timeout",         408,                 \
      "The request body did not arrive in time.")                             \
    X(BODY_TOO_LARGE,         "body_too_large",          413,                 \
      "The request body is larger than this gateway accepts.")                \
    X(CONTENT_TYPE_UNSUPPORTED,"content_type_unsupported", 415,               \
      "This operation does not accept a body of this Content-Type. It "       \
      "accepts application/json in UTF-8.")                                   \
    X(CONTENT_ENCODING_UNSUPPORTED,"content_encoding_unsupported", 415,       \
      "Send the request body without Content-Encoding.")                      \
    X(BODY_INVALID,           "body_invalid",            422,                 \
      "The request body breaks the rules of the operation.")                  \
    X(TOO_MANY_REQUESTS,      "too_many_requests",       429,                 \
      "Too many requests were sent. Try again later.")                        \
    X(GATEWAY_FAILED,         "gateway_failed",          500,                 \
      "The gateway failed while it handled the request. The request was "     \
      "not forwarded.")                                                       \
    X(BAD_GATEWAY,            "bad_gateway",             502,                 \
      "The WebAPI could not be reached, or did not send a valid answer.")     \
    X(SERVICE_UNAVAILABLE,    "service_unavailable",     503,                 \
      "The gateway accepts no more requests now. Try again later.")            \
    X(REGISTRY_UNAVAILABLE,   "registry_unavailable",    503,                 \
      "The gateway has no app registry, so it cannot accept calls.")          \
    X(TENANT_UNAVAILABLE,     "tenant_unavailable",      503,                 \
      "The tenant is not available now. Try again later.")                    \
    X(GATEWAY_TIMEOUT,        "gateway_timeout",         504,                 \
      "The WebAPI did not answer in time.")


typedef enum {
#define ERPSYNC_REASON_ENUM(constant, name, status, sentence)                 \
    ERPSYNC_REASON_##constant,
    ERPSYNC_REASONS(ERPSYNC_REASON_ENUM)
#undef ERPSYNC_REASON_ENUM
    ERPSYNC_REASON_COUNT
} erpsync_reason_t;


/* Returns the public name, as in $erpsync_reason and ErrorType. */

erpsync_str_t erpsync_reason_name(erpsync_reason_t reason);

/* Returns the HTTP status of the refusal. */

unsigned erpsync_reason_status(erpsync_reason_t reason);

/* Returns a sentence for the client. It never quotes the request. */

erpsync_str_t erpsync_reason_sentence(erpsync_reason_t reason);


#endif /* ERPSYNC_REASON_H */
