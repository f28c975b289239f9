
#include "erpsync_metrics.h"


const uint64_t  erpsync_metrics_bounds[ERPSYNC_METRICS_BOUNDS] = {
    1000, 2000, 5000,
    10000, 20000, 50000,
    100000, 200000, 500000,
    1000000, 2000000, 5000000,
    10000000, 20000000, 50000000,
    100000000
};


unsigned
erpsync_metrics_bucket(uint64_t time)
{
    unsigned  i;

    for (i = 0; i < ERPSYNC_METRICS_BOUNDS; i++) {
        if (time <= erpsync_metrics_bounds[i]) {
            break;
        }
    }

    return i;
}


erpsync_str_t
erpsync_decision_name(erpsync_decision_t decision)
{
    static const erpsync_str_t  names[] = {
        erpsync_string("allow"),
        erpsync_string("deny"),
        erpsync_string("report"),
        erpsync_string("abort")
    };

    return names[decision];
}


erpsync_str_t
erpsync_metrics_operation(size_t index)
{
    static const erpsync_str_t  none = erpsync_string("none");

    return (index < ERPSYNC_OPERATIONS) ? erpsync_operations[index].name
                                        : none;
}


uint64_t
erpsync_metrics_decided(const erpsync_metrics_t *metrics,
    erpsync_decision_t decision)
{
    size_t    i, k;
    uint64_t  sum;

    sum = 0;

    for (i = 0; i < ERPSYNC_METRICS_OPERATIONS; i++) {
        for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {
            sum += metrics->requests[i][decision][k];
        }
    }

    return sum;
}


uint64_t
erpsync_metrics_count(const uint64_t buckets[])
{
    size_t    i;
    uint64_t  count;

    count = 0;

    for (i = 0; i < ERPSYNC_METRICS_BUCKETS; i++) {
        count += buckets[i];
    }

    return count;
}


uint64_t
erpsync_metrics_quantile(const uint64_t buckets[], unsigned percent)
{
    size_t    i;
    uint64_t  rank, below, from, to;

    rank = (erpsync_metrics_count(buckets) * percent + 99) / 100;

    if (rank == 0) {
        return 0;
    }

    below = 0;

    for (i = 0; i < ERPSYNC_METRICS_BOUNDS; i++) {

        if (below + buckets[i] >= rank) {
            from = i ? erpsync_metrics_bounds[i - 1] : 0;
            to = erpsync_metrics_bounds[i];

            return from + (to - from) * (rank - below) / buckets[i];
        }

        below += buckets[i];
    }

    return erpsync_metrics_bounds[ERPSYNC_METRICS_BOUNDS - 1];
}


void
erpsync_metrics_hour(const erpsync_metrics_t *metrics,
    erpsync_metrics_minute_t *hour)
{
    size_t                           i, k, d;
    const erpsync_metrics_minute_t  *minute;

    memset(hour, 0, sizeof(erpsync_metrics_minute_t));

    for (i = 0; i < ERPSYNC_METRICS_MINUTES; i++) {
        minute = &metrics->minutes[i];

        for (d = 0; d < ERPSYNC_DECISIONS; d++) {
            hour->decisions[d] += minute->decisions[d];

            for (k = 0; k < ERPSYNC_REASON_COUNT; k++) {
                hour->reasons[d][k] += minute->reasons[d][k];
            }
        }

        for (k = 0; k < ERPSYNC_RESULTS; k++) {
            hour->results[k] += minute->results[k];
        }

        for (k = 0; k < ERPSYNC_ANSWERS; k++) {
            hour->answers[k] += minute->answers[k];
        }

        hour->moved += minute->moved;

        for (k = 0; k < ERPSYNC_METRICS_BUCKETS; k++) {
            hour->gate[k] += minute->gate[k];
            hour->upstream[k] += minute->upstream[k];
        }
    }
}


static erpsync_status_format_t
erpsync_status_format_name(erpsync_str_t name)
{
    size_t  i;

    static const erpsync_str_t  names[] = {
        erpsync_string("prometheus"),
        erpsync_string("json"),
        erpsync_string("html")
    };

    for (i = 0; i < erpsync_nelts(names); i++) {
        if (erpsync_str_eq(name, names[i])) {
            return (erpsync_status_format_t) i;
        }
    }

    return ERPSYNC_STATUS_UNKNOWN;
}


/*
 * Returns the format that a media range names, and sets "q" to its weight, 0
 * if it names none.
 */

static erpsync_status_format_t
erpsync_status_range(erpsync_str_t element, int *q)
{
    size_t                   i;
    erpsync_str_t            range, name;
    erpsync_status_format_t  format;

    static const struct {
        erpsync_str_t            name;
        erpsync_status_format_t  format;
    } ranges[] = {
        { erpsync_string("text/html"), ERPSYNC_STATUS_HTML },
        { erpsync_string("application/xhtml+xml"), ERPSYNC_STATUS_HTML },
        { erpsync_string("application/json"), ERPSYNC_STATUS_JSON },
        { erpsync_string("text/json"), ERPSYNC_STATUS_JSON },
        { erpsync_string("text/plain"), ERPSYNC_STATUS_PROMETHEUS },
        { erpsync_string("application/openmetrics-text"),
          ERPSYNC_STATUS_PROMETHEUS }
    };

    range = element;

    for (i = 0; i < element.len && element.data[i] != ';'; i++) {
        /* void */
    }

    range.len = i;
    range = erpsync_str_trim(range);
    format = ERPSYNC_STATUS_UNKNOWN;
    *q = 0;

    for (i = 0; i < erpsync_nelts(ranges); i++) {
        if (erpsync_str_caseeq(range, ranges[i].name)) {
            format = ranges[i].format;
            *q = 1000;
            break;
        }
    }

    for (i = range.len; i < element.len && *q; /* void */ ) {

        /* element: "type/subtype;name=value;..." */

        while (i < element.len && element.data[i] != ';') {
            i++;
        }

        if (i == element.len) {
            break;
        }

        name = erpsync_span(element.data + i + 1, element.len - i - 1);
        i++;

        erpsync_take_space(&name);

        if (name.len > 1 && erpsync_lower(name.data[0]) == 'q'
            && name.data[1] == '=')
        {
            name = erpsync_span(name.data + 2, name.len - 2);
            name = erpsync_take_token(&name);
            *q = erpsync_qvalue(name);

            if (*q < 0) {
                *q = 0;
            }

            break;
        }
    }

    return format;
}


erpsync_status_format_t
erpsync_status_format(erpsync_str_t args, erpsync_fields_t accept)
{
    int                      q, best;
    size_t                   i, end;
    erpsync_str_t            value, element;
    erpsync_status_format_t  format, found;

    static const erpsync_str_t  name = erpsync_string("format=");

    for (i = 0; i < args.len; i = end + 1) {

        for (end = i; end < args.len && args.data[end] != '&'; end++) {
            /* void */
        }

        if (end - i >= name.len
            && memcmp(args.data + i, name.data, name.len) == 0)
        {
            return erpsync_status_format_name(
                               erpsync_span(args.data + i + name.len,
                                            end - i - name.len));
        }
    }

    format = ERPSYNC_STATUS_PROMETHEUS;
    best = 0;

    while (erpsync_fields_next(&accept, &value)) {

        while (erpsync_take_element(&value, &element)) {
            found = erpsync_status_range(element, &q);

            if (q > best) {
                best = q;
                format = found;
            }
        }
    }

    return format;
}
