
/*
 * Content-Type, Content-Encoding and Accept: docs/headers.md, docs/bodies.md.
 */


#ifndef ERPSYNC_MEDIA_H
#define ERPSYNC_MEDIA_H


#include "erpsync_header.h"
#include "erpsync_schema.h"


/* The form in which a refusal is written. */

typedef enum {
    ERPSYNC_FORMAT_SUPEROFFICE,    /* JSON in the shape of the WebAPI */
    ERPSYNC_FORMAT_PROBLEM,        /* application/problem+json, RFC 9457 */
    ERPSYNC_FORMAT_XML
} erpsync_format_t;


/*
 * Returns the media type of a Content-Type.  Type, subtype, parameter names
 * and charset may be in any case.  Returns UNSUPPORTED for a charset other
 * than UTF-8 ("utf-8" or "utf8", also quoted) and US-ASCII, a charset given
 * twice, or a malformed parameter.  Other parameters are ignored.  RFC 9110,
 * 8.3.
 */

erpsync_media_t erpsync_content_type(erpsync_str_t value);

/*
 * Returns the media type that a Content-Type names, in lower case and without
 * parameters, if the WebAPI can answer in it: any that it takes but a form.
 * Otherwise returns an empty string.
 */

erpsync_str_t erpsync_answer_type(erpsync_str_t value);

/* Returns whether Content-Encoding is empty, or "identity" in any case. */

bool erpsync_content_encoding_identity(erpsync_str_t value);

/*
 * Returns the form that the client prefers for an error, by Accept (RFC 9110,
 * 12.5.1): of application/json and text/json, application/problem+json, and
 * application/xml, text/xml and application/problem+xml, the type with the
 * highest q.  Of types with the same q, the one that is named more precisely
 * is preferred, then the one that is named first.  Returns SUPEROFFICE if
 * none of them is asked for.  Elements that do not parse are skipped.
 */

erpsync_format_t erpsync_accept(erpsync_fields_t accept);


#endif /* ERPSYNC_MEDIA_H */
