
#include "erpsync_reason.h"


typedef struct {
    erpsync_str_t  name;
    unsigned       status;
    erpsync_str_t  sentence;
} erpsync_reason_row_t;


static const erpsync_reason_row_t  erpsync_reasons[] = {
#define ERPSYNC_REASON_ROW(constant, name, status, sentence)                  \
    { erpsync_string(name), status, erpsync_string(sentence) },
    ERPSYNC_REASONS(ERPSYNC_REASON_ROW)
#undef ERPSYNC_REASON_ROW
};


erpsync_str_t
erpsync_reason_name(erpsync_reason_t reason)
{
    return erpsync_reasons[reason].name;
}


unsigned
erpsync_reason_status(erpsync_reason_t reason)
{
    return erpsync_reasons[reason].status;
}


erpsync_str_t
erpsync_reason_sentence(erpsync_reason_t reason)
{
    return erpsync_reasons[reason].sentence;
}
