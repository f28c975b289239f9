
#include "ngx_http_erpsync_sequence.h"

#include <stdatomic.h>


/* The name of the zone: this, and the path of the file. */

#define NGX_HTTP_ERPSYNC_SEQUENCE  "erpsync_registry:"


struct ngx_http_erpsync_sequence_s {
    _Atomic int64_t                 highest;
};


static ngx_int_t ngx_http_erpsync_sequence_init(ngx_shm_zone_t *shm_zone,
    void *data);


ngx_int_t
ngx_http_erpsync_sequence_add(ngx_conf_t *cf, ngx_http_erpsync_file_t *file)
{
    ngx_str_t        name;
    ngx_shm_zone_t  *shm_zone;

    if (file->keys == NULL) {
        return NGX_OK;
    }

    name.len = sizeof(NGX_HTTP_ERPSYNC_SEQUENCE) - 1 + file->path.len;

    name.data = ngx_pnalloc(cf->pool, name.len);
    if (name.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(ngx_cpymem(name.data, NGX_HTTP_ERPSYNC_SEQUENCE,
                          sizeof(NGX_HTTP_ERPSYNC_SEQUENCE) - 1),
               file->path.data, file->path.len);

    /* the least that nginx's own modules take for a zone */

    shm_zone = ngx_shared_memory_add(cf, &name, 8 * ngx_pagesize,
                                     &ngx_http_erpsync_module);
    if (shm_zone == NULL) {
        return NGX_ERROR;
    }

    shm_zone->init = ngx_http_erpsync_sequence_init;
    shm_zone->data = file;

    return NGX_OK;
}


static ngx_int_t
ngx_http_erpsync_sequence_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_erpsync_file_t  *former = data;

    ngx_slab_pool_t          *shpool;
    ngx_http_erpsync_file_t  *file;

    file = shm_zone->data;

    if (former) {
        file->sequence = former->sequence;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (!shm_zone->shm.exists) {
        shpool->data = ngx_slab_calloc(shpool,
                                       sizeof(ngx_http_erpsync_sequence_t));
        if (shpool->data == NULL) {
            return NGX_ERROR;
        }

        file->sequence = shpool->data;
        atomic_init(&file->sequence->highest, ERPSYNC_NO_SEQUENCE);
    }

    file->sequence = shpool->data;

    return NGX_OK;
}


int64_t
ngx_http_erpsync_sequence_least(ngx_http_erpsync_file_t *file)
{
    int64_t  own, highest;

    own = erpsync_kind_sequence(file->kind, file->snapshot->content);

    if (file->sequence == NULL) {
        return own;
    }

    highest = atomic_load(&file->sequence->highest);

    return ngx_max(own, highest);
}


void
ngx_http_erpsync_sequence_note(ngx_http_erpsync_file_t *file)
{
    int64_t  own, highest;

    if (file->sequence == NULL) {
        return;
    }

    own = erpsync_kind_sequence(file->kind, file->snapshot->content);
    highest = atomic_load(&file->sequence->highest);

    while (highest < own
           && !atomic_compare_exchange_weak(&file->sequence->highest,
                                            &highest, own))
    {
        /* void */
    }
}
