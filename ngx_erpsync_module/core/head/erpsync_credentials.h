
/* Credentials of a call: docs/headers.md. */


#ifndef ERPSYNC_CREDENTIALS_H
#define ERPSYNC_CREDENTIALS_H


#include "erpsync_arena.h"
#include "erpsync_header.h"
#include "erpsync_reason.h"


/* Schemes as bits of erpsync_credentials. */

#define ERPSYNC_SCHEME_BASIC      0x01
#define ERPSYNC_SCHEME_SOTICKET   0x02
#define ERPSYNC_SCHEME_BEARER     0x04
#define ERPSYNC_SCHEME_NEGOTIATE  0x08
#define ERPSYNC_SCHEME_XSRF       0x10   /* no Authorization, X-XSRF-TOKEN */
#define ERPSYNC_SCHEME_ALL        0x1f


/* Headers as sent; "data" is NULL if one is absent. */

typedef struct {
    erpsync_str_t         authorization;
    erpsync_str_t         xsrf_token;
    erpsync_fields_t      cookies;
} erpsync_credential_headers_t;


typedef struct {
    unsigned              scheme;        /* one ERPSYNC_SCHEME_ bit, or 0 */

    /*
     * "Basic", "SoTicket", "Bearer", "Negotiate", "NTLM" (also as Negotiate),
     * "xsrf" or empty.
     */
    erpsync_str_t         name;

    /* The value that is forwarded; the input itself if that is canonical. */
    erpsync_str_t         authorization;

    /* The tenant that a Bearer token names, as "Cust12345", or empty. */
    erpsync_str_t         tenant;
} erpsync_credentials_t;


/*
 * Judges the credentials; "allowed" is a mask of ERPSYNC_SCHEME_ bits.  Sets
 * "reason" to ERPSYNC_REASON_OK, _CREDENTIALS_MISSING, _CREDENTIALS_MALFORMED,
 * _SCHEME_NOT_ALLOWED or _XSRF_MISMATCH. "name" is set as soon as the scheme
 * is known, also for a refusal.  Secrets are compared in constant time.
 * Returns ERPSYNC_ERROR if memory ran out.
 */

erpsync_rc_t erpsync_credentials(erpsync_arena_t *arena, unsigned allowed,
    const erpsync_credential_headers_t *headers,
    erpsync_credentials_t *credentials, erpsync_reason_t *reason);

/*
 * Returns the tenant that a Bearer token in "authorization" names, as
 * "Cust12345", or empty.  "data" of the header is NULL if there is none.  If
 * memory runs out, "rc" is set to ERPSYNC_ERROR.
 */

erpsync_str_t erpsync_credentials_tenant(erpsync_arena_t *arena,
    erpsync_str_t authorization, erpsync_rc_t *rc);

/*
 * Returns the name of a scheme bit in WWW-Authenticate ("Basic" and so on).
 * Returns an empty string for _XSRF, which is not a scheme of HTTP.
 */

erpsync_str_t erpsync_scheme_name(unsigned scheme);

/*
 * Returns whether an Authorization header is of a scheme that may
 * authenticate the connection in place of the request: Negotiate or NTLM.
 */

bool erpsync_credentials_bound(erpsync_str_t authorization);


#endif /* ERPSYNC_CREDENTIALS_H */
