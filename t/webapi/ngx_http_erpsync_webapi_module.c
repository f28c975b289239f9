
/*
 * The stand-in WebAPI of the tests: a location that answers with what it
 * received.
 *
 *     webapi_answer text;
 *
 * reads the request's body, then answers 200 with the text, which may have
 * variables.  $webapi_head is the request's head: its line, its header fields
 * in their order, and the empty line.  $request_body is the body if it is in
 * memory (client_body_buffer_size).
 *
 *     webapi_add_headers number;
 *
 * adds so many header fields to the request, as other modules may: "X-Added"
 * with the number of each.
 *
 *     webapi_change method | args | body | header text;
 *     webapi_change_late method | args | body | header text;
 *
 * change the request, as scripts may, in the rewrite phase and in the access
 * phase: what was judged is not what is sent.  A method is POST, PUT or GET, a
 * header "Name: value".
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


typedef struct {
    ngx_http_complex_value_t  *answer;
    ngx_int_t                  headers;
    ngx_array_t               *changes;       /* of pairs of ngx_str_t */
    ngx_array_t               *late;          /* the same */
} ngx_http_erpsync_webapi_loc_conf_t;


static ngx_int_t ngx_http_erpsync_webapi_rewrite(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_webapi_access(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_webapi_change_all(ngx_http_request_t *r,
    ngx_array_t *changes);
static ngx_int_t ngx_http_erpsync_webapi_change(ngx_http_request_t *r,
    ngx_str_t *what, ngx_str_t *text);
static ngx_int_t ngx_http_erpsync_webapi_change_body(ngx_http_request_t *r,
    ngx_str_t *text);
static ngx_int_t ngx_http_erpsync_webapi_change_header(ngx_http_request_t *r,
    ngx_str_t *text);
static ngx_int_t ngx_http_erpsync_webapi_add_headers(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_webapi_handler(ngx_http_request_t *r);
static void ngx_http_erpsync_webapi_send(ngx_http_request_t *r);
static ngx_int_t ngx_http_erpsync_webapi_head(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_erpsync_webapi_add_variable(ngx_conf_t *cf);
static ngx_int_t ngx_http_erpsync_webapi_init(ngx_conf_t *cf);
static void *ngx_http_erpsync_webapi_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_erpsync_webapi_answer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_erpsync_webapi_set_change(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


static ngx_command_t  ngx_http_erpsync_webapi_commands[] = {

    { ngx_string("webapi_answer"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_erpsync_webapi_answer,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_webapi_loc_conf_t, answer),
      NULL },

    { ngx_string("webapi_add_headers"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_webapi_loc_conf_t, headers),
      NULL },

    { ngx_string("webapi_change"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_erpsync_webapi_set_change,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_webapi_loc_conf_t, changes),
      NULL },

    { ngx_string("webapi_change_late"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_erpsync_webapi_set_change,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_erpsync_webapi_loc_conf_t, late),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_erpsync_webapi_module_ctx = {
    ngx_http_erpsync_webapi_add_variable,  /* preconfiguration */
    ngx_http_erpsync_webapi_init,          /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_erpsync_webapi_create_loc_conf,
                                           /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_erpsync_webapi_module = {
    NGX_MODULE_V1,
    &ngx_http_erpsync_webapi_module_ctx,   /* module context */
    ngx_http_erpsync_webapi_commands,      /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* Changes the request before the gateway sees it in this location. */

static ngx_int_t
ngx_http_erpsync_webapi_rewrite(ngx_http_request_t *r)
{
    ngx_http_erpsync_webapi_loc_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_webapi_module);

    if (ngx_http_erpsync_webapi_change_all(r, conf->changes) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_erpsync_webapi_add_headers(r);
}


/* ... and behind the gateway's handler in front of the body. */

static ngx_int_t
ngx_http_erpsync_webapi_access(ngx_http_request_t *r)
{
    ngx_http_erpsync_webapi_loc_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_webapi_module);

    return (ngx_http_erpsync_webapi_change_all(r, conf->late) == NGX_OK)
           ? NGX_DECLINED : NGX_ERROR;
}


static ngx_int_t
ngx_http_erpsync_webapi_change_all(ngx_http_request_t *r, ngx_array_t *changes)
{
    ngx_str_t   *change;
    ngx_uint_t   i;

    if (changes == NULL) {
        return NGX_OK;
    }

    change = changes->elts;

    for (i = 0; i < changes->nelts; i += 2) {
        if (ngx_http_erpsync_webapi_change(r, &change[i], &change[i + 1])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_webapi_change(ngx_http_request_t *r, ngx_str_t *what,
    ngx_str_t *text)
{
    switch (what->data[0]) {

    case 'm':
        r->method_name = *text;
        r->method = (text->data[0] == 'G') ? NGX_HTTP_GET
                    : (text->data[1] == 'O') ? NGX_HTTP_POST : NGX_HTTP_PUT;
        return NGX_OK;

    case 'a':
        r->args = *text;
        return NGX_OK;

    case 'b':
        return ngx_http_erpsync_webapi_change_body(r, text);

    default:
        return ngx_http_erpsync_webapi_change_header(r, text);
    }
}


/* As Lua does, in the same buffer; as njs does, a subrequest has its own. */

static ngx_int_t
ngx_http_erpsync_webapi_change_body(ngx_http_request_t *r, ngx_str_t *text)
{
    ngx_buf_t                *b;
    ngx_chain_t              *cl;
    ngx_http_request_body_t  *rb;

    rb = r->request_body;

    if (r != r->main || rb == NULL || rb->bufs == NULL) {
        rb = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
        cl = ngx_alloc_chain_link(r->pool);
        b = ngx_calloc_buf(r->pool);

        if (rb == NULL || cl == NULL || b == NULL) {
            return NGX_ERROR;
        }

        cl->buf = b;
        cl->next = NULL;
        rb->bufs = cl;
        rb->buf = b;
        r->request_body = rb;
    }

    b = rb->bufs->buf;

    ngx_memzero(b, sizeof(ngx_buf_t));
    b->start = text->data;
    b->pos = text->data;
    b->last = text->data + text->len;
    b->end = b->last;
    b->memory = 1;
    b->last_buf = 1;

    r->headers_in.content_length_n = text->len;

    return NGX_OK;
}


/* Changes a header that was sent, or adds one. */

static ngx_int_t
ngx_http_erpsync_webapi_change_header(ngx_http_request_t *r, ngx_str_t *text)
{
    ngx_uint_t        i;
    ngx_str_t         key;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *found;

    key.data = text->data;
    key.len = (u_char *) ngx_strchr(text->data, ':') - text->data;
    found = NULL;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == key.len
                && ngx_strncasecmp(h[i].key.data, key.data, key.len) == 0)
            {
                found = &h[i];
            }
        }
    }

    if (found == NULL) {
        found = ngx_list_push(&r->headers_in.headers);

        if (found == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(found, sizeof(ngx_table_elt_t));

        found->key = key;
        found->lowcase_key = ngx_pnalloc(r->pool, key.len);

        if (found->lowcase_key == NULL) {
            return NGX_ERROR;
        }

        found->hash = ngx_hash_strlow(found->lowcase_key, key.data, key.len);
    }

    found->value.data = text->data + key.len + 2;
    found->value.len = text->len - key.len - 2;

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_webapi_add_headers(ngx_http_request_t *r)
{
    u_char                              *p;
    ngx_int_t                            i;
    ngx_table_elt_t                     *h;
    ngx_http_erpsync_webapi_loc_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_webapi_module);

    for (i = 0; i < conf->headers; i++) {
        h = ngx_list_push(&r->headers_in.headers);
        p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);

        if (h == NULL || p == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(h, sizeof(ngx_table_elt_t));

        ngx_str_set(&h->key, "X-Added");
        h->lowcase_key = (u_char *) "x-added";
        h->hash = ngx_hash_key(h->lowcase_key, h->key.len);
        h->value.data = p;
        h->value.len = ngx_sprintf(p, "%i", i) - p;
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_erpsync_webapi_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_erpsync_webapi_send);

    return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
}


static void
ngx_http_erpsync_webapi_send(ngx_http_request_t *r)
{
    ngx_str_t                            type;
    ngx_http_complex_value_t             cv;
    ngx_http_core_loc_conf_t            *clcf;
    ngx_http_erpsync_webapi_loc_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_erpsync_webapi_module);
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    cv = *conf->answer;
    type = clcf->default_type;

    ngx_http_finalize_request(r, ngx_http_send_response(r, NGX_HTTP_OK, &type,
                                                        &cv));
}


static ngx_int_t
ngx_http_erpsync_webapi_head(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    size_t            len;
    u_char           *p;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    len = r->request_line.len + 2 * (sizeof(CRLF) - 1);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            len += header[i].key.len + header[i].value.len
                   + sizeof(": " CRLF) - 1;
        }
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->data = p;
    v->len = len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    p = ngx_sprintf(p, "%V" CRLF, &r->request_line);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            p = ngx_sprintf(p, "%V: %V" CRLF, &header[i].key,
                            &header[i].value);
        }
    }

    ngx_memcpy(p, CRLF, sizeof(CRLF) - 1);

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_webapi_add_variable(ngx_conf_t *cf)
{
    ngx_str_t             name = ngx_string("webapi_head");
    ngx_http_variable_t  *var;

    var = ngx_http_add_variable(cf, &name, 0);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_erpsync_webapi_head;

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_webapi_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_erpsync_webapi_rewrite;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_erpsync_webapi_access;

    return NGX_OK;
}


static void *
ngx_http_erpsync_webapi_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_erpsync_webapi_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_erpsync_webapi_loc_conf_t));

    if (conf) {
        conf->headers = NGX_CONF_UNSET;
    }

    return conf;
}


static char *
ngx_http_erpsync_webapi_answer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_erpsync_webapi_handler;

    return ngx_http_set_complex_value_slot(cf, cmd, conf);
}


static char *
ngx_http_erpsync_webapi_set_change(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    u_char *base = conf;

    ngx_str_t    *value, *change;
    ngx_array_t **changes;

    changes = (ngx_array_t **) (void *) (base + cmd->offset);

    if (*changes == NULL) {
        *changes = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
    }

    change = *changes ? ngx_array_push_n(*changes, 2) : NULL;

    if (change == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;
    change[0] = value[1];
    change[1] = value[2];

    return NGX_CONF_OK;
}
