
#include "erpsync_forward.h"
#include "erpsync_out.h"


#define erpsync_known(name)  name, sizeof(name) - 1


/*
 * All names are small letters and hyphens.  Their places are in
 * erpsync_known_slots[]; the first one is for all other names.
 */

const erpsync_known_header_t  erpsync_known_headers[] = {

    { "", 0, ERPSYNC_HEADER_NONE, ERPSYNC_NULL_STRING },

    { erpsync_known("cookie"), ERPSYNC_HEADER_COOKIE,
      erpsync_string("") },

    { erpsync_known("accept"), ERPSYNC_HEADER_ACCEPT,
      erpsync_string("Accept") },

    { erpsync_known("so-culture"), ERPSYNC_HEADER_CULTURE,
      erpsync_string("SO-Culture") },

    { erpsync_known("so-apptoken"), ERPSYNC_HEADER_APP_TOKEN,
      erpsync_string("SO-AppToken") },

    { erpsync_known("so-language"), ERPSYNC_HEADER_LANGUAGE,
      erpsync_string("SO-Language") },

    { erpsync_known("so-timezone"), ERPSYNC_HEADER_TIMEZONE,
      erpsync_string("SO-TimeZone") },

    { erpsync_known("content-type"), ERPSYNC_HEADER_CONTENT_TYPE,
      erpsync_string("Content-Type") },

    { erpsync_known("x-xsrf-token"), ERPSYNC_HEADER_XSRF_TOKEN,
      erpsync_string("X-XSRF-TOKEN") },

    { erpsync_known("authorization"), ERPSYNC_HEADER_AUTHORIZATION,
      erpsync_string("Authorization") },

    { erpsync_known("x-http-method"), ERPSYNC_HEADER_OVERRIDE,
      erpsync_string("") },

    { erpsync_known("x-rewrite-url"), ERPSYNC_HEADER_OVERRIDE,
      erpsync_string("") },

    { erpsync_known("content-length"), ERPSYNC_HEADER_LENGTH,
      erpsync_string("Content-Length") },

    { erpsync_known("x-original-url"), ERPSYNC_HEADER_OVERRIDE,
      erpsync_string("") },

    { erpsync_known("accept-language"), ERPSYNC_HEADER_ACCEPT_LANGUAGE,
      erpsync_string("Accept-Language") },

    { erpsync_known("content-encoding"), ERPSYNC_HEADER_CONTENT_ENCODING,
      erpsync_string("Content-Encoding") },

    { erpsync_known("transfer-encoding"), ERPSYNC_HEADER_TRANSFER,
      erpsync_string("") },

    { erpsync_known("x-http-method-override"), ERPSYNC_HEADER_OVERRIDE,
      erpsync_string("") }
};


const uint8_t  erpsync_known_slots[ERPSYNC_KNOWN_SLOTS] = {
    [erpsync_known_slot(6, 'k')] = 1,
    [erpsync_known_slot(6, 'e')] = 2,
    [erpsync_known_slot(10, 'c')] = 3,
    [erpsync_known_slot(11, 'a')] = 4,
    [erpsync_known_slot(11, 'l')] = 5,
    [erpsync_known_slot(11, 't')] = 6,
    [erpsync_known_slot(12, 't')] = 7,
    [erpsync_known_slot(12, 's')] = 8,
    [erpsync_known_slot(13, 'h')] = 9,
    [erpsync_known_slot(13, 't')] = 10,
    [erpsync_known_slot(13, 'e')] = 11,
    [erpsync_known_slot(14, 't')] = 12,
    [erpsync_known_slot(14, 'r')] = 13,
    [erpsync_known_slot(15, 'e')] = 14,
    [erpsync_known_slot(16, 't')] = 15,
    [erpsync_known_slot(17, 'n')] = 16,
    [erpsync_known_slot(22, 't')] = 17
};


static void erpsync_edit(erpsync_edits_t *edits, unsigned id,
    erpsync_str_t value);


unsigned
erpsync_known_twin(erpsync_str_t name, const uint8_t *known)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < name.len; i++) {
        c = erpsync_lower(name.data[i]);

        if (c != known[i] && (c != '_' || known[i] != '-')) {
            return ERPSYNC_HEADER_NONE;
        }
    }

    return ERPSYNC_HEADER_OVERRIDE;
}


const erpsync_known_header_t *
erpsync_known_header(unsigned id)
{
    const erpsync_known_header_t  *header;

    for (header = erpsync_known_headers; header->id != id; header++) {
        /* void */
    }

    return header;
}


erpsync_rc_t
erpsync_forward_headers(erpsync_arena_t *arena,
    const erpsync_policy_t *policy, const erpsync_verdict_t *verdict,
    size_t body, erpsync_edits_t *edits)
{
    uint8_t                 *length;
    const erpsync_locale_t  *locale;

    static const erpsync_str_t  any = erpsync_string("*");
    static const erpsync_str_t  none = erpsync_string("");
    static const erpsync_str_t  type =
                            erpsync_string("application/json; charset=utf-8");

    locale = &verdict->locale;

    edits->set = 0;
    edits->nset = 0;
    edits->drop = erpsync_header_bit(ERPSYNC_HEADER_OVERRIDE)
                  | erpsync_header_bit(ERPSYNC_HEADER_CONTENT_ENCODING)
                  | erpsync_header_bit(ERPSYNC_HEADER_TRANSFER);

    erpsync_edit(edits, ERPSYNC_HEADER_AUTHORIZATION,
                 verdict->credentials.authorization);
    erpsync_edit(edits, ERPSYNC_HEADER_APP_TOKEN,
                 policy->forward_app_token ? verdict->proof.token : none);

    if (verdict->method != ERPSYNC_METHOD_POST) {
        edits->drop |= erpsync_header_bit(ERPSYNC_HEADER_CONTENT_TYPE)
                       | erpsync_header_bit(ERPSYNC_HEADER_LENGTH);
        return ERPSYNC_OK;
    }

    length = erpsync_nalloc(arena, ERPSYNC_NUMBER_LEN);
    if (length == NULL) {
        return ERPSYNC_ERROR;
    }

    erpsync_edit(edits, ERPSYNC_HEADER_LENGTH, erpsync_number(length, body));
    erpsync_edit(edits, ERPSYNC_HEADER_CONTENT_TYPE, body ? type : none);

    if (body && verdict->accept.len) {
        erpsync_edit(edits, ERPSYNC_HEADER_ACCEPT, verdict->accept);
    }

    erpsync_edit(edits, ERPSYNC_HEADER_LANGUAGE, locale->language);
    erpsync_edit(edits, ERPSYNC_HEADER_ACCEPT_LANGUAGE,
                 locale->cancelled ? any : locale->language);
    erpsync_edit(edits, ERPSYNC_HEADER_CULTURE, locale->culture);
    erpsync_edit(edits, ERPSYNC_HEADER_TIMEZONE, locale->timezone);

    return ERPSYNC_OK;
}


/* Sets a header, or drops it if "value" is empty. */

static void
erpsync_edit(erpsync_edits_t *edits, unsigned id, erpsync_str_t value)
{
    if (value.len == 0) {
        edits->drop |= erpsync_header_bit(id);
        return;
    }

    edits->set |= erpsync_header_bit(id);
    edits->nset++;
    edits->values[id] = value;
}


erpsync_rc_t
erpsync_forward_target(erpsync_arena_t *arena, erpsync_str_t path,
    erpsync_str_t args, erpsync_str_t *target)
{
    erpsync_out_t  out;
    erpsync_str_t  encoded;

    encoded = erpsync_path_encode(arena, path);

    if (encoded.data == NULL
        || erpsync_out_init(&out, arena, encoded.len + args.len + 1)
           != ERPSYNC_OK
        || erpsync_out_str(&out, encoded) != ERPSYNC_OK
        || (args.len && (erpsync_out_literal(&out, "?") != ERPSYNC_OK
                         || erpsync_out_str(&out, args) != ERPSYNC_OK)))
    {
        return ERPSYNC_ERROR;
    }

    *target = erpsync_span(out.start, erpsync_out_len(&out));

    return ERPSYNC_OK;
}
