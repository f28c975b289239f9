
#include "erpsync_time.h"


/* Reads "n" digits from "*p" on; returns the number, or -1. */

static int
erpsync_time_digits(erpsync_str_t *s, size_t n)
{
    int     value;
    size_t  i;

    if (s->len < n) {
        return -1;
    }

    value = 0;

    for (i = 0; i < n; i++) {

        if (!erpsync_is_digit(s->data[i])) {
            return -1;
        }

        value = value * 10 + (s->data[i] - '0');
    }

    s->data += n;
    s->len -= n;

    return value;
}


static bool
erpsync_time_char(erpsync_str_t *s, uint8_t c)
{
    if (s->len == 0 || erpsync_lower(s->data[0]) != c) {
        return false;
    }

    s->data++;
    s->len--;

    return true;
}


/* Returns the days from 1970-01-01 to a date of the Gregorian calendar. */

static int64_t
erpsync_time_days(int year, int month, int day)
{
    /*
     * Years begin in March here, so that a leap day is the last day of its
     * year.  400 years (146097 days) are added and subtracted, so that no term
     * is negative: division rounds towards 0.
     */

    year += 400;

    if (month <= 2) {
        month += 12;
        year--;
    }

    return 365 * (int64_t) year + year / 4 - year / 100 + year / 400
           + (153 * (month - 3) + 2) / 5 + day - 1 - 719468 - 146097;
}


static bool
erpsync_time_offset(erpsync_str_t *s, int64_t *offset)
{
    int  sign, hours, minutes;

    *offset = 0;

    if (erpsync_time_char(s, 'z')) {
        return s->len == 0;
    }

    if (erpsync_time_char(s, '+')) {
        sign = 1;

    } else if (erpsync_time_char(s, '-')) {
        sign = -1;

    } else {
        return false;
    }

    hours = erpsync_time_digits(s, 2);

    if (hours < 0 || hours > 23 || !erpsync_time_char(s, ':')) {
        return false;
    }

    minutes = erpsync_time_digits(s, 2);

    if (minutes < 0 || minutes > 59 || s->len) {
        return false;
    }

    *offset = sign * (hours * 3600 + minutes * 60);

    return true;
}


bool
erpsync_time_parse(erpsync_str_t s, int64_t *seconds, bool *fraction)
{
    int      digit, year, month, day, hour, minute, second, last;
    int64_t  offset;

    static const int  days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    year = erpsync_time_digits(&s, 4);
    if (year < 0 || !erpsync_time_char(&s, '-')) {
        return false;
    }

    month = erpsync_time_digits(&s, 2);
    if (month < 1 || month > 12 || !erpsync_time_char(&s, '-')) {
        return false;
    }

    last = days[month - 1];

    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) {
        last = 29;
    }

    day = erpsync_time_digits(&s, 2);
    if (day < 1 || day > last || !erpsync_time_char(&s, 't')) {
        return false;
    }

    hour = erpsync_time_digits(&s, 2);
    if (hour < 0 || hour > 23 || !erpsync_time_char(&s, ':')) {
        return false;
    }

    minute = erpsync_time_digits(&s, 2);
    if (minute < 0 || minute > 59 || !erpsync_time_char(&s, ':')) {
        return false;
    }

    second = erpsync_time_digits(&s, 2);
    if (second < 0 || second > 59) {
        return false;
    }

    *fraction = false;

    if (erpsync_time_char(&s, '.')) {
        digit = erpsync_time_digits(&s, 1);

        if (digit < 0) {
            return false;
        }

        while (digit >= 0) {
            *fraction |= digit > 0;
            digit = erpsync_time_digits(&s, 1);
        }
    }

    if (!erpsync_time_offset(&s, &offset)) {
        return false;
    }

    *seconds = erpsync_time_days(year, month, day) * 86400
               + hour * 3600 + minute * 60 + second - offset;

    return true;
}
