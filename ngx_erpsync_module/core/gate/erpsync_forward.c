
#include "erpsync_forward.h"
#include "erpsync_out.h"


#define erpsync_known(name)  name, sizeof(name) - 1


/*
 * In the order of the lengths of the names: a name is compared with those of
 * its length only.  All of them are small letters and hyphens.
 */

static const erpsync_known_header_t  erpsync_known_headers[] = {

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
      erpsync_string("") },

    { "", 0, ERPSYNC_HEADER_NONE, ERPSYNC_NULL_STRING }
};


/*
 * The position, from 1, of the first name of each length; 0 if there is no name
 * of that length.
 */

static const uint8_t  erpsync_known_lengths[] = {
    0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 4, 7, 9, 12, 14, 15, 16, 0, 0, 0, 0, 17
};


static unsigned erpsync_known_twin(erpsync_str_t name, const uint8_t *known)
    __attribute__((cold));
static void erpsync_edit(erpsync_edits_t *edits, unsigned id,
    erpsync_str_t value);


/*
 * Returns whether 8 bytes of a name are those of a known one.  Letters of the
 * known name may be sent in either case: they have the bit 0x40, which "-" has
 * not, and their case is the bit below it.
 */

static inline bool
erpsync_known_word(uint64_t w, uint64_t known)
{
    return ((w ^ known) & ~((known & (ERPSYNC_ONES * 0x40)) >> 1)) == 0;
}


/* Compares "n" bytes, up to 24; the last word may overlap those before it. */

static inline bool
erpsync_known_name(const uint8_t *p, const uint8_t *known, size_t n)
{
    if (n < 8) {
        return erpsync_known_word(erpsync_word_of(p, n),
                                  erpsync_word_of(known, n));
    }

    return erpsync_known_word(erpsync_word(p), erpsync_word(known))
           && (n <= 16 || erpsync_known_word(erpsync_word(p + 8),
                                             erpsync_word(known + 8)))
           && erpsync_known_word(erpsync_word(p + n - 8),
                                 erpsync_word(known + n - 8));
}


unsigned
erpsync_known_header_id(erpsync_str_t name)
{
    size_t                         i;
    const erpsync_known_header_t  *header;

    if (name.len >= sizeof(erpsync_known_lengths)) {
        return ERPSYNC_HEADER_NONE;
    }

    i = erpsync_known_lengths[name.len];

    if (i == 0) {
        return ERPSYNC_HEADER_NONE;
    }

    for (header = &erpsync_known_headers[i - 1];
         header->len == name.len;
         header++)
    {
        /*
         * names of one length differ in the fourth byte, which is a letter;
         * "| 0x20" makes it a small one
         */

        if ((name.data[3] | 0x20) == header->name[3]) {
            return erpsync_known_name(name.data, header->name, name.len)
                   ? header->id
                   : erpsync_known_twin(name, header->name);
        }
    }

    return ERPSYNC_HEADER_NONE;
}


/* Returns the id of a name that may be a known one with "_" instead of "-". */

static unsigned
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
    erpsync_out_t            length;
    const erpsync_locale_t  *locale;

    static const erpsync_str_t  any = erpsync_string("*");
    static const erpsync_str_t  none = erpsync_string("");
    static const erpsync_str_t  type =
                            erpsync_string("application/json; charset=utf-8");

    locale = &verdict->locale;

    edits->set = 0;
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

    if (erpsync_out_init(&length, arena, 20) != ERPSYNC_OK
        || erpsync_out_number(&length, body) != ERPSYNC_OK)
    {
        return ERPSYNC_ERROR;
    }

    erpsync_edit(edits, ERPSYNC_HEADER_LENGTH,
                 erpsync_span(length.start, erpsync_out_len(&length)));
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
