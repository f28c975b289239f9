
#define _POSIX_C_SOURCE  200809L

#include <inttypes.h>
#include <time.h>

#include "ctl.h"
#include "erpsync_time.h"


#define CTL_DAY          86400
#define CTL_TIME_MAX     253402300799   /* the last second of 9999 */


void
ctl_time_write(int64_t seconds, char text[CTL_TIME_LEN])
{
    time_t     t;
    struct tm  tm;

    t = (time_t) seconds;

    (void) gmtime_r(&t, &tm);
    (void) strftime(text, CTL_TIME_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm);
}


int64_t
ctl_duration(const char *s)
{
    size_t       i;
    int64_t      total, number;
    const char  *start;

    static const struct {
        char     unit;
        int64_t  seconds;
    } units[] = {
        { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', CTL_DAY },
        { 'w', 7 * CTL_DAY }, { 'y', 365 * CTL_DAY }
    };

    total = 0;

    do {
        number = 0;

        for (start = s; erpsync_is_digit((uint8_t) *s); s++) {
            number = number * 10 + (*s - '0');

            if (number > CTL_TIME_MAX) {
                return -1;
            }
        }

        for (i = 0; i < erpsync_nelts(units); i++) {
            if (units[i].unit == *s) {
                break;
            }
        }

        if (s == start || i == erpsync_nelts(units)
            || number > CTL_TIME_MAX / units[i].seconds)
        {
            return -1;
        }

        total += number * units[i].seconds;
        s++;

        if (total > CTL_TIME_MAX) {
            return -1;
        }

    } while (*s);

    return total;
}


bool
ctl_time_option(const ctl_t *ctl, ctl_opt_t option, int64_t *time)
{
    int         n;
    bool        fraction;
    char        date[CTL_TIME_LEN];
    int64_t     seconds;
    const char  *value;

    value = ctl_value(ctl, option, "");

    if (erpsync_time_parse(ctl_str(value), &seconds, &fraction)) {
        goto found;
    }

    n = snprintf(date, sizeof(date), "%sT00:00:00Z", value);

    if (n == sizeof(date) - 1
        && erpsync_time_parse(ctl_str(date), &seconds, &fraction))
    {
        goto found;
    }

    seconds = (strcmp(value, "now") == 0) ? 0 : ctl_duration(value);

    if (seconds >= 0) {
        seconds += ctl->now;
        goto found;
    }

    ctl_error(ctl, "%s must be a time (2027-01-31T12:00:00Z), a date "
              "(2027-01-31), a duration from now (90d) or \"now\"",
              ctl_option_name(option, NULL));

    return false;

found:

    if (seconds < 0 || seconds > CTL_TIME_MAX) {
        ctl_error(ctl, "%s must be in the years 1970 to 9999",
                  ctl_option_name(option, NULL));
        return false;
    }

    *time = seconds;

    return true;
}


void
ctl_time_distance(int64_t seconds, char *text, size_t size)
{
    size_t    i;
    int64_t   n, distance;

    static const struct {
        int64_t      seconds;
        const char  *name;
    } units[] = {
        { 365 * CTL_DAY, "year" }, { CTL_DAY, "day" }, { 3600, "hour" },
        { 60, "minute" }, { 1, "second" }
    };

    distance = (seconds < 0) ? -seconds : seconds;

    /* a unit is used from two of it on: "1 day" could be 47 hours */

    for (i = 0; i < erpsync_nelts(units) - 1; i++) {
        if (distance >= 2 * units[i].seconds) {
            break;
        }
    }

    n = distance / units[i].seconds;

    (void) snprintf(text, size, "%s%" PRId64 " %s%s%s",
                    (seconds < 0) ? "" : "in ", n, units[i].name,
                    (n == 1) ? "" : "s", (seconds < 0) ? " ago" : "");
}
