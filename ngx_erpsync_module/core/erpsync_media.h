
/*
 * Content-Type, Content-Encoding and Accept: contract, sections 7 to 9.
 */


#ifndef ERPSYNC_MEDIA_H
#define ERPSYNC_MEDIA_H


#include "erpsync_base.h"


typedef enum {
    ERPSYNC_MEDIA_UNSUPPORTED,
    ERPSYNC_MEDIA_JSON,            /* application/json, text/json */
    ERPSYNC_MEDIA_MERGE_PATCH,     /* application/merge-patch+json */
    ERPSYNC_MEDIA_JSON_PATCH,      /* application/json-patch+json */
    ERPSYNC_MEDIA_XML,             /* application/xml, text/xml */
    ERPSYNC_MEDIA_FORM             /* application/x-www-form-urlencoded */
} erpsync_media_t;


/* The form in which a refusal is written. */

typedef enum {
    ERPSYNC_FORMAT_SUPEROFFICE,    /* JSON in the shape of the WebAPI */
    ERPSYNC_FORMAT_PROBLEM,        /* application/problem+json, RFC 9457 */
    ERPSYNC_FORMAT_XML
} erpsync_format_t;


/*
 * What a Content-Type names; type, subtype, parameter names and the charset
 * in any case.  A charset other than UTF-8 ("utf-8" or "utf8", also quoted),
 * one given twice, or a malformed parameter make it UNSUPPORTED; other
 * parameters are ignored.  RFC 9110, 8.3.
 */

erpsync_media_t erpsync_content_type(erpsync_str_t value);

/* Whether Content-Encoding is empty or "identity" in any case. */

bool erpsync_content_encoding_identity(erpsync_str_t value);

/*
 * Judges Accept (several fields joined with ", " by the caller; empty where
 * absent).  "acceptable" tells whether one of the six media types of the
 * WebAPI or a wildcard over them is allowed with q > 0 (RFC 9110, 12.5.1: the
 * most specific range that matches a type decides).  Returns the form that
 * the client prefers for an error: of application/json and text/json,
 * application/problem+json, and application/xml, text/xml and
 * application/problem+xml, the one with the highest q, then the first named;
 * SUPEROFFICE where none of these is named.
 */

erpsync_format_t erpsync_accept(erpsync_str_t value, bool *acceptable);

/* Of that, only whether it is acceptable; an absent Accept is. */

bool erpsync_acceptable(erpsync_str_t value);


#endif /* ERPSYNC_MEDIA_H */
