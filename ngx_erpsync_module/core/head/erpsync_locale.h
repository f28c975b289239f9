
/* Language, culture and time zone of a call: docs/headers.md. */


#ifndef ERPSYNC_LOCALE_H
#define ERPSYNC_LOCALE_H


#include "erpsync_arena.h"
#include "erpsync_header.h"
#include "erpsync_reason.h"


/* From the configuration; a string is empty if a default is not set. */

typedef struct {
    erpsync_str_t         default_language;
    erpsync_str_t         default_culture;
    erpsync_str_t         default_timezone;

    size_t                nlanguages;   /* 0: any language may be asked for */
    const erpsync_str_t  *languages;    /* canonical tags */
} erpsync_locale_conf_t;


/* The headers as sent; "data" is NULL if one is absent. */

typedef struct {
    erpsync_str_t         so_language;
    erpsync_fields_t      accept_language;
    erpsync_str_t         so_culture;
    erpsync_str_t         so_timezone;
} erpsync_locale_headers_t;


/*
 * The headers that are forwarded.  With a "language": SO-Language and
 * Accept-Language have it.  If "cancelled": Accept-Language is "*", and
 * SO-Language is left out.  Otherwise both are left out.  If "culture" or
 * "timezone" is empty, that header is left out.
 */

typedef struct {
    bool                  cancelled;
    erpsync_str_t         language;
    erpsync_str_t         culture;
    erpsync_str_t         timezone;
} erpsync_locale_t;


/*
 * Judges the headers.  Sets "reason" to ERPSYNC_REASON_OK, _LANGUAGE_INVALID,
 * _CULTURE_INVALID or _TIMEZONE_INVALID.  A tag that is canonical already is
 * returned as a span of the input.
 *
 * A malformed SO- header is refused.  In Accept-Language, which browsers send
 * unasked, elements that do not parse are skipped.
 */

erpsync_rc_t erpsync_locale(erpsync_arena_t *arena,
    const erpsync_locale_conf_t *conf, const erpsync_locale_headers_t *headers,
    erpsync_locale_t *locale, erpsync_reason_t *reason);

/*
 * Returns the canonical form of a language tag: BCP 47 grammar (alpha{2,8}
 * *("-" alphanum{1,8}), at most 35 characters), casing of RFC 5646, 2.1.1
 * ("nb-NO", "zh-Hant-TW"). "data" is NULL if "tag" is not a language tag, or
 * memory ran out: then "rc" is set to ERPSYNC_ERROR. Directives use it too.
 */

erpsync_str_t erpsync_language_tag(erpsync_arena_t *arena, erpsync_str_t tag,
    erpsync_rc_t *rc);

/*
 * Returns the canonical form of SO-TimeZone: "<id>" or "<CODE>" in upper case,
 * then ", includeTZOffset" if asked for; "includeTZOffset" may be alone.
 * "data" is NULL if the value is malformed, or memory ran out, as above.
 * Directives use it too.
 */

erpsync_str_t erpsync_timezone(erpsync_arena_t *arena, erpsync_str_t value,
    erpsync_rc_t *rc);


#endif /* ERPSYNC_LOCALE_H */
