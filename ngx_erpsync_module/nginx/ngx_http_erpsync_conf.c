
#include "ngx_http_erpsync_conf.h"
#include "ngx_http_erpsync_context.h"
#include "ngx_http_erpsync_refresh.h"
#include "ngx_http_erpsync_file.h"


/*
 * The longest "refresh", whole days in seconds.  nginx compares the times of
 * timers by their difference, in milliseconds and signed: a longer one would
 * be over at once, again and again.  With 32 bits, that is 24 days.
 */

#define NGX_HTTP_ERPSYNC_MAX_REFRESH  (NGX_MAX_INT_T_VALUE / 86400000 * 86400)


char *
ngx_http_erpsync_set_enum(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t        *value;
    ngx_uint_t       *np, i;
    ngx_conf_enum_t  *e;

    np = (ngx_uint_t *) (p + cmd->offset);

    if (*np != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    e = cmd->post;

    for (i = 0; e[i].name.len != 0; i++) {
        if (e[i].name.len == value[1].len
            && ngx_strcmp(e[i].name.data, value[1].data) == 0)
        {
            *np = e[i].value;
            return NGX_CONF_OK;
        }
    }

    return ngx_http_erpsync_invalid_value(cf, cmd, &value[1]);
}


char *
ngx_http_erpsync_set_bitmask(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t           *value;
    ngx_uint_t          *np, i, m, mask;
    ngx_conf_bitmask_t  *names;

    np = (ngx_uint_t *) (p + cmd->offset);

    if (*np != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    names = cmd->post;
    mask = 0;

    for (i = 1; i < cf->args->nelts; i++) {

        for (m = 0; names[m].name.len != 0; m++) {
            if (names[m].name.len == value[i].len
                && ngx_strcmp(names[m].name.data, value[i].data) == 0)
            {
                break;
            }
        }

        if (names[m].name.len == 0 || (mask & names[m].mask)) {
            return ngx_http_erpsync_invalid_value(cf, cmd, &value[i]);
        }

        mask |= names[m].mask;
    }

    *np = mask;

    return NGX_CONF_OK;
}


/* Options of a file: refresh=<time>, and of a registry key=<path>. */

static char *
ngx_http_erpsync_file_options(ngx_conf_t *cf, ngx_command_t *cmd,
    time_t *refresh, ngx_str_t *key)
{
    ngx_str_t   *value, time;
    ngx_uint_t   i;

    *refresh = NGX_CONF_UNSET;
    ngx_str_null(key);

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {

        if (*refresh == NGX_CONF_UNSET && value[i].len > 8
            && ngx_strncmp(value[i].data, "refresh=", 8) == 0)
        {
            time.data = value[i].data + 8;
            time.len = value[i].len - 8;
            *refresh = ngx_parse_time(&time, 1);

            if (*refresh != (time_t) NGX_ERROR
                && *refresh <= NGX_HTTP_ERPSYNC_MAX_REFRESH)
            {
                continue;
            }

        } else if (cmd->post == &erpsync_registry_kind && key->len == 0
                   && value[i].len > 4
                   && ngx_strncmp(value[i].data, "key=", 4) == 0)
        {
            key->data = value[i].data + 4;
            key->len = value[i].len - 4;
            continue;
        }

        return ngx_http_erpsync_invalid_value(cf, cmd, &value[i]);
    }

    if (*refresh == NGX_CONF_UNSET) {
        *refresh = 5;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_erpsync_set_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    time_t                    refresh;
    ngx_str_t                *value, path, key;
    ngx_http_erpsync_file_t  *file, **field;

    field = (ngx_http_erpsync_file_t **) (p + cmd->offset);

    if (*field != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    path = value[1];

    if (path.len == 0) {
        return ngx_http_erpsync_invalid_value(cf, cmd, &path);
    }

    if (ngx_http_erpsync_file_options(cf, cmd, &refresh, &key)
        != NGX_CONF_OK
        || ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK
        || (key.len && ngx_conf_full_name(cf->cycle, &key, 1) != NGX_OK))
    {
        return NGX_CONF_ERROR;
    }

    file = ngx_http_erpsync_file_add(cf, cmd->post, &path, refresh, &key);

    if (file == NULL || ngx_http_erpsync_refresh_add(cf, file) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    *field = file;

#if !(NGX_HTTP_SSL)

    if (file->kind == &erpsync_registry_kind
        && erpsync_registry_has_certificates(
                                       ngx_http_erpsync_file_current(file)))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"erpsync_registry\" \"%V\": the module was built "
                           "without nginx's SSL module, no app is known by "
                           "its client certificate", &path);
    }

#endif

    return NGX_CONF_OK;
}


/*
 * Sets "tag" to the canonical form of a language tag.  Returns NGX_DECLINED if
 * "value" is not a language tag.
 */

static ngx_int_t
ngx_http_erpsync_parse_language(ngx_conf_t *cf, ngx_str_t *value,
    erpsync_str_t *tag)
{
    erpsync_rc_t     rc;
    erpsync_arena_t  arena;

    erpsync_arena_init_source(&arena, ngx_http_erpsync_palloc, cf->pool);

    rc = ERPSYNC_OK;
    *tag = erpsync_language_tag(&arena, ngx_http_erpsync_span(value), &rc);

    if (rc != ERPSYNC_OK) {
        return NGX_ERROR;
    }

    return tag->data ? NGX_OK : NGX_DECLINED;
}


char *
ngx_http_erpsync_set_languages(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_erpsync_loc_conf_t  *elcf = conf;

    ngx_int_t       rc;
    ngx_str_t      *value;
    ngx_uint_t      i;
    erpsync_str_t  *tag;

    if (elcf->languages != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    elcf->languages = ngx_array_create(cf->pool, cf->args->nelts,
                                       sizeof(erpsync_str_t));
    if (elcf->languages == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        tag = ngx_array_push(elcf->languages);
        if (tag == NULL) {
            return NGX_CONF_ERROR;
        }

        rc = ngx_http_erpsync_parse_language(cf, &value[i], tag);

        if (rc == NGX_DECLINED) {
            return ngx_http_erpsync_invalid_value(cf, cmd, &value[i]);
        }

        if (rc != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_erpsync_set_language(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_int_t       rc;
    ngx_str_t      *value, *field;
    erpsync_str_t   tag;

    field = (ngx_str_t *) (p + cmd->offset);

    if (field->data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    rc = ngx_http_erpsync_parse_language(cf, &value[1], &tag);

    if (rc == NGX_DECLINED) {
        return ngx_http_erpsync_invalid_value(cf, cmd, &value[1]);
    }

    if (rc != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    *field = ngx_http_erpsync_str(tag);

    return NGX_CONF_OK;
}


char *
ngx_http_erpsync_set_timezone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t        *value, *field;
    erpsync_rc_t      rc;
    erpsync_str_t     zone;
    erpsync_arena_t   arena;

    field = (ngx_str_t *) (p + cmd->offset);

    if (field->data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    erpsync_arena_init_source(&arena, ngx_http_erpsync_palloc, cf->pool);

    rc = ERPSYNC_OK;
    zone = erpsync_timezone(&arena, ngx_http_erpsync_span(&value[1]), &rc);

    if (rc != ERPSYNC_OK) {
        return NGX_CONF_ERROR;
    }

    if (zone.len == 0) {
        return ngx_http_erpsync_invalid_value(cf, cmd, &value[1]);
    }

    *field = ngx_http_erpsync_str(zone);

    return NGX_CONF_OK;
}
