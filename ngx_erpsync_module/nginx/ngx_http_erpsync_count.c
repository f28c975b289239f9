
#include "ngx_http_erpsync_app.h"
#include "ngx_http_erpsync_upstream.h"
#include "ngx_http_erpsync_zone.h"


static void ngx_http_erpsync_count_decision(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_zone_t *zone,
    erpsync_decision_t decision);
static void ngx_http_erpsync_count_upstream(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_zone_t *zone,
    ngx_http_erpsync_stripe_t *stripe);
static void ngx_http_erpsync_note_moved(ngx_http_erpsync_zone_t *zone,
    erpsync_str_t tenant);
static void ngx_http_erpsync_count_app(ngx_http_request_t *r,
    ngx_http_erpsync_zone_t *zone, ngx_http_erpsync_stripe_t *stripe,
    ngx_http_erpsync_ctx_t *ctx, erpsync_decision_t decision, time_t now);
static void ngx_http_erpsync_count_cause(ngx_http_erpsync_tally_t *tally,
    erpsync_decision_t decision, erpsync_reason_t reason, time_t now);
static void ngx_http_erpsync_count_faults(ngx_http_erpsync_zone_t *zone,
    ngx_http_erpsync_tally_t *tally, ngx_http_erpsync_ctx_t *ctx,
    time_t now);
static void ngx_http_erpsync_add_fault(ngx_http_erpsync_tally_t *tally,
    u_char *place, size_t len, time_t now);
static ngx_http_erpsync_tally_t *ngx_http_erpsync_count_slot(
    ngx_http_erpsync_zone_sh_t *sh, erpsync_str_t id);
static void ngx_http_erpsync_count_bytes(ngx_http_request_t *r,
    ngx_http_erpsync_stripe_t *stripe, ngx_http_erpsync_ctx_t *ctx);


_Static_assert(ERPSYNC_REASON_COUNT <= 128, "a cause has 7 bits for it");


static ngx_inline void
ngx_http_erpsync_add(ngx_http_erpsync_counter_t *counter, uint64_t n)
{
    (void) atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}


/*
 * Adds 1 to the cell of a minute.  If another worker has begun the next minute
 * already, counts in that one, since clocks differ a little.  If the cell has
 * any other minute, starts again from 1.
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

    default: /* another module refused it */
        return;
    }

    ctx->counted = 1;

    ngx_http_erpsync_count_decision(r, ctx, emcf->zone, decision);
}


static void
ngx_http_erpsync_count_decision(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_zone_t *zone,
    erpsync_decision_t decision)
{
    time_t                      now;
    uint32_t                    minute;
    ngx_uint_t                  operation, bucket;
    erpsync_reason_t            reason;
    ngx_http_erpsync_minute_t  *cells;
    ngx_http_erpsync_stripe_t  *stripe;

    stripe = &zone->sh->stripes[ngx_worker % zone->sh->nstripes];

    now = ngx_time();
    minute = ngx_http_erpsync_minute(now);
    cells = &stripe->minutes[minute % NGX_HTTP_ERPSYNC_ZONE_MINUTES];

    reason = ctx->verdict.reason;
    operation = ctx->verdict.operation
                ? erpsync_operation_index(ctx->verdict.operation)
                : ERPSYNC_METRICS_NONE;

    ngx_http_erpsync_add(&stripe->requests[operation][decision][reason], 1);
    ngx_http_erpsync_add_cell(&cells->reasons[decision][reason], minute);
    ngx_http_erpsync_add_cell(&stripe->operations[operation]
                          [minute % NGX_HTTP_ERPSYNC_ZONE_MINUTES][decision],
                          minute);

    bucket = erpsync_metrics_bucket(ctx->gate_time);

    ngx_http_erpsync_add(&stripe->gate.buckets[bucket], 1);
    ngx_http_erpsync_add(&stripe->gate.sum, ctx->gate_time);
    ngx_http_erpsync_add_cell(&cells->gate[bucket], minute);

    if (decision == ERPSYNC_DECISION_ALLOW && ctx->body.facts.unknown) {
        ngx_http_erpsync_add(&stripe->unknown[operation],
                             ctx->body.facts.unknown);
    }

    ngx_http_erpsync_count_upstream(r, ctx, zone, stripe);
    ngx_http_erpsync_count_bytes(r, stripe, ctx);
    ngx_http_erpsync_count_app(r, zone, stripe, ctx, decision, now);
}


static void
ngx_http_erpsync_count_upstream(ngx_http_request_t *r,
    ngx_http_erpsync_ctx_t *ctx, ngx_http_erpsync_zone_t *zone,
    ngx_http_erpsync_stripe_t *stripe)
{
    uint32_t                             minute;
    uint64_t                             us;
    ngx_uint_t                           bucket;
    erpsync_answer_t                     class;
    erpsync_result_t                     result;
    ngx_http_erpsync_minute_t           *cells;
    ngx_http_erpsync_upstream_answer_t   answer;

    if (ngx_http_erpsync_upstream_answer(r, ctx, &answer) != NGX_OK) {
        return;
    }

    minute = ngx_http_erpsync_minute(ngx_time());
    cells = &stripe->minutes[minute % NGX_HTTP_ERPSYNC_ZONE_MINUTES];

    class = erpsync_answer_class((unsigned) answer.status);

    ngx_http_erpsync_add(&stripe->answers[class], 1);
    ngx_http_erpsync_add_cell(&cells->answers[class], minute);

    if (answer.status == 0) {
        return;
    }

    if (answer.status == NGX_HTTP_MISDIRECTED_REQUEST) {
        ngx_http_erpsync_add(&stripe->moved, 1);
        ngx_http_erpsync_add_cell(&cells->moved, minute);
        ngx_http_erpsync_note_moved(zone, ctx->verdict.tenant);
    }

    us = (uint64_t) answer.time * 1000;
    bucket = erpsync_metrics_bucket(us);

    ngx_http_erpsync_add(&stripe->upstream.buckets[bucket], 1);
    ngx_http_erpsync_add(&stripe->upstream.sum, us);
    ngx_http_erpsync_add_cell(&cells->upstream[bucket], minute);

    if (ngx_http_erpsync_upstream_result(r, ctx, &result) == NGX_OK) {
        ngx_http_erpsync_add(&stripe->results[result], 1);
        ngx_http_erpsync_add_cell(&cells->results[result], minute);
    }
}


static void
ngx_http_erpsync_note_moved(ngx_http_erpsync_zone_t *zone,
    erpsync_str_t tenant)
{
    size_t  len;

    if (!ngx_shmtx_trylock(&zone->shpool->mutex)) {
        return;
    }

    len = ngx_min(tenant.len, sizeof(zone->sh->moved.tenant));

    if (len) {
        ngx_memcpy(zone->sh->moved.tenant, tenant.data, len);
    }

    zone->sh->moved.len = len;
    zone->sh->moved.last = ngx_time();

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


/*
 * Counts the bytes of bodies.  In: bodies that were judged.  Out: bodies that
 * were forwarded.  In report mode a body may be forwarded without being read;
 * then Content-Length counts.
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
    ngx_http_erpsync_zone_t *zone, ngx_http_erpsync_stripe_t *stripe,
    ngx_http_erpsync_ctx_t *ctx, erpsync_decision_t decision, time_t now)
{
    uint32_t                   minute;
    erpsync_str_t              id;
    ngx_http_erpsync_tally_t  *tally;

    tally = &stripe->no_app;

    id = ngx_http_erpsync_claimed(r, ctx);

    if (id.len) {
        tally = ngx_http_erpsync_count_slot(zone->sh, id);
    }

    minute = ngx_http_erpsync_minute(now);

    ngx_http_erpsync_add(&tally->total[decision], 1);
    ngx_http_erpsync_add_cell(
        &tally->minutes[minute % NGX_HTTP_ERPSYNC_ZONE_MINUTES][decision],
        minute);

    if (decision == ERPSYNC_DECISION_DENY
        || decision == ERPSYNC_DECISION_REPORT)
    {
        ngx_http_erpsync_count_cause(tally, decision, ctx->verdict.reason,
                                     now);
        ngx_http_erpsync_count_faults(zone, tally, ctx, now);
    }
}


static void
ngx_http_erpsync_count_cause(ngx_http_erpsync_tally_t *tally,
    erpsync_decision_t decision, erpsync_reason_t reason, time_t now)
{
    uint32_t                  step, cause;
    uint64_t                  value;
    ngx_uint_t                i, report;
    ngx_http_erpsync_cell_t  *cells;

    report = (decision == ERPSYNC_DECISION_REPORT);

    atomic_store_explicit(&tally->refused, ((uint64_t) now << 8) | reason,
                          memory_order_relaxed);
    ngx_http_erpsync_add(&tally->reasons[report][reason], 1);

    step = (uint32_t) (now / NGX_HTTP_ERPSYNC_ZONE_STEP);
    cause = ngx_http_erpsync_cause(step, report, reason);
    cells = tally->causes[step % NGX_HTTP_ERPSYNC_ZONE_STEPS];

    for (i = 0; i < NGX_HTTP_ERPSYNC_ZONE_CAUSES; i++) {
        value = atomic_load_explicit(&cells[i], memory_order_relaxed);

        while ((uint32_t) (value >> 40) != (step & 0xffffff)) {

            if (atomic_compare_exchange_weak_explicit(&cells[i], &value,
                                             ((uint64_t) cause << 32) + 1,
                                             memory_order_relaxed,
                                             memory_order_relaxed))
            {
                return;
            }
        }

        if ((uint32_t) (value >> 32) == cause) {
            ngx_http_erpsync_add(&cells[i], 1);
            return;
        }
    }
}


/* Counts the violations of a body, each place and code once. */

static void
ngx_http_erpsync_count_faults(ngx_http_erpsync_zone_t *zone,
    ngx_http_erpsync_tally_t *tally, ngx_http_erpsync_ctx_t *ctx, time_t now)
{
    size_t      len[ERPSYNC_MAX_VIOLATIONS];
    u_char      place[ERPSYNC_MAX_VIOLATIONS][ERPSYNC_VIOLATION_PLACE];
    ngx_uint_t  i, k, n;

    if (ctx->body.nviolations == 0 || ctx->body.reason != ctx->verdict.reason)
    {
        return;
    }

    n = 0;

    for (i = 0; i < ctx->body.nviolations; i++) {
        len[n] = erpsync_violation_place(&ctx->body.violations[i], place[n]);

        for (k = 0; k < n; k++) {
            if (len[k] == len[n]
                && ngx_memcmp(place[k], place[n], len[n]) == 0)
            {
                break;
            }
        }

        n += (k == n);
    }

    /* a worker never waits for another one: rather, these are not counted */

    if (!ngx_shmtx_trylock(&zone->shpool->mutex)) {
        return;
    }

    for (i = 0; i < n; i++) {
        ngx_http_erpsync_add_fault(tally, place[i], len[i], now);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


static void
ngx_http_erpsync_add_fault(ngx_http_erpsync_tally_t *tally, u_char *place,
    size_t len, time_t now)
{
    ngx_uint_t                 i;
    ngx_http_erpsync_fault_t  *fault, *least;

    least = &tally->faults[0];

    for (i = 0; i < NGX_HTTP_ERPSYNC_ZONE_FAULTS; i++) {
        fault = &tally->faults[i];

        if (fault->len == len && ngx_memcmp(fault->place, place, len) == 0) {
            fault->count++;
            fault->last = now;
            return;
        }

        if (fault->count < least->count) {
            least = fault;
        }
    }

    least->floor = least->count;
    least->count++;
    least->last = now;
    least->len = len;
    ngx_memcpy(least->place, place, len);
}


/*
 * Returns the slot of an app, or the one of "other".  The slots are a hash
 * table with open addressing.  A worker takes a free slot by swapping the hash
 * of the id in for 0.  It does not become the owner: any worker with that id
 * may write it into the slot.  So a worker may die at any point.
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
