
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_headers.h"
#include "ngx_http_erpsync_refusal.h"
#include "ngx_http_erpsync_status.h"
#include "ngx_http_erpsync_zone.h"


static ngx_int_t ngx_http_erpsync_status_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_status_text(ngx_http_request_t *r,
    erpsync_status_format_t format, erpsync_str_t *text);
static ngx_int_t ngx_http_erpsync_status_headers(ngx_http_request_t *r,
    ngx_str_t *nonce);


/* The page; the build makes this header from status/page.html. */

static const u_char  ngx_http_erpsync_page[] = {
#include "ngx_http_erpsync_page.h"
};


char *
ngx_http_erpsync_set_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_erpsync_main_conf_t  *emcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == ngx_http_erpsync_status_handler) {
        return "is duplicate";
    }

    clcf->handler = ngx_http_erpsync_status_handler;

    /* "erpsync_zone" may follow later: init_main_conf checks it */

    emcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_erpsync_module);

    if (emcf->status_file == NULL) {
        emcf->status_file = cf->conf_file->file.name.data;
        emcf->status_line = cf->conf_file->line;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_erpsync_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_buf_t                *b;
    ngx_chain_t               out;
    erpsync_str_t             text;
    erpsync_request_t         request;
    erpsync_status_format_t   format;

    static ngx_str_t  types[] = {
        ngx_string("text/plain; version=0.0.4; charset=utf-8"),
        ngx_string("application/json; charset=utf-8"),
        ngx_string("text/html; charset=utf-8")
    };

    static ngx_str_t  charset = ngx_string("; charset=utf-8");
    static ngx_str_t  utf_8 = ngx_string("utf-8");
    static ngx_str_t  allow = ngx_string("Allow");
    static ngx_str_t  methods = ngx_string("GET, HEAD");

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {

        if (ngx_http_erpsync_add_header(r, &allow, &methods) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_http_erpsync_collect(r, &request);

    format = erpsync_status_format(ngx_http_erpsync_span(&r->args),
                                   request.accept);

    if (format == ERPSYNC_STATUS_UNKNOWN) {
        return NGX_HTTP_BAD_REQUEST;
    }

    if (ngx_http_erpsync_status_text(r, format, &text) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = (u_char *) (uintptr_t) text.data;
    b->last = b->pos + text.len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_type = types[format];
    r->headers_out.content_type_len = types[format].len - charset.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.charset = utf_8;     /* nginx adds no other one */
    r->headers_out.content_length_n = (off_t) text.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_erpsync_status_text(ngx_http_request_t *r,
    erpsync_status_format_t format, erpsync_str_t *text)
{
    uint8_t                        bytes[16];
    u_char                         hex[32];
    ngx_str_t                      nonce;
    erpsync_rc_t                   rc;
    erpsync_out_t                  out;
    erpsync_arena_t                arena;
    erpsync_metrics_t             *metrics;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    metrics = ngx_http_erpsync_gather_metrics(emcf, r->pool);

    if (metrics == NULL) {
        return NGX_ERROR;
    }

    erpsync_arena_init_source(&arena, ngx_http_erpsync_palloc, r->pool);

    if (erpsync_out_init(&out, &arena, 32768) != ERPSYNC_OK) {
        return NGX_ERROR;
    }

    ngx_str_null(&nonce);

    switch (format) {

    case ERPSYNC_STATUS_HTML:

        if (erpsync_random(bytes, sizeof(bytes)) != ERPSYNC_OK) {
            return NGX_ERROR;
        }

        nonce.data = hex;
        nonce.len = ngx_hex_dump(hex, bytes, sizeof(bytes)) - hex;

        rc = erpsync_metrics_html(&out, metrics,
                           erpsync_span(ngx_http_erpsync_page,
                                        sizeof(ngx_http_erpsync_page)),
                           ngx_http_erpsync_span(&nonce));
        break;

    case ERPSYNC_STATUS_JSON:
        rc = erpsync_metrics_json(&out, metrics);
        break;

    default:
        rc = erpsync_metrics_prometheus(&out, metrics);
    }

    if (rc != ERPSYNC_OK) {
        return NGX_ERROR;
    }

    *text = erpsync_span(out.start, erpsync_out_len(&out));

    return ngx_http_erpsync_status_headers(r, &nonce);
}


/* Adds headers.  "nonce" is that of the page, empty for other formats. */

static ngx_int_t
ngx_http_erpsync_status_headers(ngx_http_request_t *r, ngx_str_t *nonce)
{
    u_char      *p;
    size_t       size;
    ngx_str_t    value;
    ngx_uint_t   i;

    static struct {
        ngx_str_t  name;
        ngx_str_t  value;
    } headers[] = {
        { ngx_string("Cache-Control"), ngx_string("no-store") },
        { ngx_string("X-Content-Type-Options"), ngx_string("nosniff") },
        { ngx_string("Vary"), ngx_string("Accept") }
    };

    static ngx_str_t  policy = ngx_string("Content-Security-Policy");
    static ngx_str_t  referrer = ngx_string("Referrer-Policy");
    static ngx_str_t  no_referrer = ngx_string("no-referrer");

    static const char  format[] =
        "default-src 'none'; script-src 'nonce-%V'; style-src 'nonce-%V'; "
        "connect-src 'self'; img-src data:; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'none'";

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (ngx_http_erpsync_add_header(r, &headers[i].name,
                                        &headers[i].value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (nonce->len == 0) {
        return NGX_OK;
    }

    size = sizeof(format) + 2 * nonce->len;

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;
    value.len = ngx_snprintf(p, size, format, nonce, nonce) - p;

    if (ngx_http_erpsync_add_header(r, &policy, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_erpsync_add_header(r, &referrer, &no_referrer);
}
