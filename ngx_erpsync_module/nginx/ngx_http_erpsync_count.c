
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_zone.h"


static void ngx_http_erpsync_count_decision(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_zone_sh_t *sh,
    erpsync_decision_t decision);
static void ngx_http_erpsync_count_app(ngx_http_request_t *r,
    ngx_http_erpsync_zone_sh_t *sh, ngx_http_erpsync_stripe_t *stripe,
    ngx_http_erpsync_ctx_t *ctx, erpsync_decision_t decision, time_t now);
static ngx_http_erpsync_tally_t *ngx_http_erpsync_count_slot(
    ngx_http_erpsync_zone_sh_t *sh, erpsync_str_t id);
static void ngx_http_erpsync_count_bytes(ngx_http_request_t *r,
    ngx_http_erpsync_stripe_t *stripe, ngx_http_erpsync_ctx_t *ctx);


static ngx_inline void
ngx_http_erpsync_add(ngx_http_erpsync_counter_t *counter, uint64_t n)
{
    (void) atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}


/*
 * A worker whose clock is a little behind counts in the minute that another
 * has begun; after a leap of the clock the cell starts over.
 */

static ngx_inline void
ngx_http_erpsync_add_cell(ngx_http_erpsync_cell_t *cell, uint32_t minute)
{
    uint64_t  value;

    value = atomic_load_explicit(cell, memory_order_relaxed);

    while ((uint32_t) (value >> 32) != minute
           && (uint32_t) (value >> 32) != minute + 1)
    {
        if (atomic_compare_exchange_weak_explicit(cell, &value,
                                          ((uint64_t) minute << 32) + 1,
                                          memory_order_relaxed,
                                          memory_order_relaxed))
        {
            return;
        }
    }

    (void) atomic_fetch_add_explicit(cell, 1, memory_order_relaxed);
}


void
ngx_http_erpsync_count(ngx_http_request_t *r, ngx_http_erpsync_ctx_t *ctx)
{
    erpsync_decision_t             decision;
    ngx_http_erpsync_main_conf_t  *emcf;

    emcf = ngx_http_get_module_main_conf(r, ngx_http_erpsync_module);

    if (emcf->zone == NULL || ctx->counted) {
        return;
    }

    switch (ctx->state) {

    case NGX_HTTP_ERPSYNC_FORWARDED:
        decision = ERPSYNC_DECISION_ALLOW;
        break;

    case NGX_HTTP_ERPSYNC_REFUSED:
        decision = ERPSYNC_DECISION_DENY;
        break;

    case NGX_HTTP_ERPSYNC_REPORTED:
        decision = ERPSYNC_DECISION_REPORT;
        break;

    case NGX_HTTP_ERPSYNC_ABORTED:
        decision = ERPSYNC_DECISION_ABORT;
        break;

    default: /* another module has refused it */
        return;
    }

    ctx->counted = 1;

    ngx_http_erpsync_count_decision(r, ctx, emcf->zone->sh, decision);
}


static void
ngx_http_erpsync_count_decision(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_zone_sh_t *sh,
    erpsync_decision_t decision)
{
    time_t                      now;
    uint32_t                    minute;
    ngx_uint_t                  operation, bucket, result;
    ngx_http_erpsync_cell_t    *cells;
    ngx_http_erpsync_stripe_t  *stripe;

    stripe = &sh->stripes[ngx_worker % sh->nstripes];

    now = ngx_time();
    minute = ngx_http_erpsync_minute(now);
    cells = stripe->minutes[minute % NGX_HTTP_ERPSYNC_ZONE_MINUTES];

    operation = ctx->verdict.operation
                ? erpsync_operation_index(ctx->verdict.operation)
                : ERPSYNC_METRICS_NONE;

    ngx_http_erpsync_add(
           &stripe->requests[operation][decision][ctx->verdict.reason], 1);
    ngx_http_erpsync_add_cell(&cells[NGX_HTTP_ERPSYNC_CELL_REASONS
                                     + decision * ERPSYNC_REASON_COUNT
                                     + ctx->verdict.reason], minute);
    ngx_http_erpsync_add_cell(&stripe->operations[operation]
                          [minute % NGX_HTTP_ERPSYNC_ZONE_MINUTES][decision],
                          minute);

    bucket = erpsync_metrics_bucket(ctx->gate_time);

    ngx_http_erpsync_add(&stripe->buckets[bucket], 1);
    ngx_http_erpsync_add(&stripe->gate_time, ctx->gate_time);
    ngx_http_erpsync_add_cell(&cells[NGX_HTTP_ERPSYNC_CELL_BUCKETS + bucket],
                              minute);

    if (ctx->result) {
        result = (ctx->result == 1) ? ERPSYNC_RESULT_TRUE
                                    : ERPSYNC_RESULT_FALSE;

        ngx_http_erpsync_add(&stripe->results[result], 1);
        ngx_http_erpsync_add_cell(
                       &cells[NGX_HTTP_ERPSYNC_CELL_RESULTS + result], minute);
    }

    ngx_http_erpsync_count_bytes(r, stripe, ctx);
    ngx_http_erpsync_count_app(r, sh, stripe, ctx, decision, now);
}


/*
 * In: bodies that were read to be judged.  Out: bodies as they were passed
 * on.  What "report" passes on unread is as long as nginx says.
 */

static void
ngx_http_erpsync_count_bytes(ngx_http_request_t *r,
    ngx_http_erpsync_stripe_t *stripe, ngx_http_erpsync_ctx_t *ctx)
{
    uint64_t  in, out;

    in = ctx->body_size;
    out = 0;

    if (ctx->state == NGX_HTTP_ERPSYNC_FORWARDED && !ctx->report) {
        out = ctx->body.canonical.len;

    } else if (ctx->state == NGX_HTTP_ERPSYNC_FORWARDED
               || ctx->state == NGX_HTTP_ERPSYNC_REPORTED)
    {

        if (in == 0 && r->request_body
            && r->headers_in.content_length_n > 0)
        {
            in = (uint64_t) r->headers_in.content_length_n;
        }

        out = in;
    }

    if (in) {
        ngx_http_erpsync_add(&stripe->bytes[ERPSYNC_DIRECTION_IN], in);
    }

    if (out) {
        ngx_http_erpsync_add(&stripe->bytes[ERPSYNC_DIRECTION_OUT], out);
    }
}


static void
ngx_http_erpsync_count_app(ngx_http_request_t *r,
    ngx_http_erpsync_zone_sh_t *sh, ngx_http_erpsync_stripe_t *stripe,
    ngx_http_erpsync_ctx_t *ctx, erpsync_decision_t decision, time_t now)
{
    uint32_t                   minute;
    erpsync_str_t              id;
    ngx_http_erpsync_tally_t  *tally;

    tally = &stripe->no_app;

    id = ngx_http_erpsync_claimed(r, ctx);

    if (id.len) {
        tally = ngx_http_erpsync_count_slot(sh, id);
    }

    minute = ngx_http_erpsync_minute(now);

    ngx_http_erpsync_add(&tally->total[decision], 1);
    ngx_http_erpsync_add_cell(
        &tally->minutes[minute % NGX_HTTP_ERPSYNC_ZONE_MINUTES][decision],
        minute);

    if (decision == ERPSYNC_DECISION_DENY
        || decision == ERPSYNC_DECISION_REPORT)
    {
        atomic_store_explicit(&tally->refused,
                              ((uint64_t) now << 8) | ctx->verdict.reason,
                              memory_order_relaxed);
    }
}


/*
 * Open addressing by a hash of 64 bits, which is also the claim: the worker
 * that swaps it in for 0 owns nothing, as any other would write the same id
 * into the slot.  So a worker may die here at any time.
 */

static ngx_http_erpsync_tally_t *
ngx_http_erpsync_count_slot(ngx_http_erpsync_zone_sh_t *sh, erpsync_str_t id)
{
    size_t                    i, n;
    uint64_t                  hash, key, words[8];
    ngx_http_erpsync_slot_t  *slot;

    static const erpsync_str_t  other = erpsync_string("other");

    if (id.len > sizeof(words) || erpsync_str_eq(id, other)) {
        return &sh->other;
    }

    ngx_memzero(words, sizeof(words));
    ngx_memcpy(words, id.data, id.len);

    hash = id.len * 0x9e3779b97f4a7c15ULL;

    for (i = 0; i * 8 < id.len; i++) {
        hash = (hash ^ words[i]) * 0xff51afd7ed558ccdULL;
        hash ^= hash >> 32;
    }

    hash += (hash == 0);

    n = hash % sh->nslots;

    for (i = 0; i < NGX_HTTP_ERPSYNC_ZONE_PROBES; i++) {

        key = atomic_load_explicit(&sh->keys[n], memory_order_relaxed);

        if (key == 0
            && atomic_compare_exchange_strong_explicit(&sh->keys[n], &key,
                                                       hash,
                                                       memory_order_relaxed,
                                                       memory_order_relaxed))
        {
            key = hash;
        }

        if (key == hash) {
            slot = &sh->slots[n];

            if (atomic_load_explicit(&slot->ready, memory_order_acquire)
                == 0)
            {
                for (i = 0; i < 8; i++) {
                    atomic_store_explicit(&slot->id[i], words[i],
                                          memory_order_relaxed);
                }

                atomic_store_explicit(&slot->ready, id.len,
                                      memory_order_release);
            }

            return &slot->tally;
        }

        if (++n == sh->nslots) {
            n = 0;
        }
    }

    return &sh->other;
}
