
#include "erpsync_error.h"


void
erpsync_error_place(erpsync_str_t input, size_t offset, size_t *line,
    size_t *column)
{
    size_t  i;

    *line = 1;
    *column = 1;

    if (offset > input.len) {
        offset = input.len;
    }

    for (i = 0; i < offset; i++) {

        if (input.data[i] == '\n') {
            (*line)++;
            *column = 1;

        } else if ((input.data[i] & 0xc0) != 0x80) {
            (*column)++;
        }
    }
}
