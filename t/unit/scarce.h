
/*
 * An arena that has no memory for one request, the "scarce_at"-th.  An arena
 * takes memory from its source in blocks, so most requests never fail there.
 * Therefore the linker puts these functions in front of all that ask an arena
 * for memory, by the options in scarce.opts; a function that does not exist any
 * more is an error of the linker.
 */


#ifndef UNIT_SCARCE_H
#define UNIT_SCARCE_H


#include "erpsync.h"


static size_t  scarce_requests;    /* so far */
static size_t  scarce_at;          /* 0: none fails */
static bool    scarce_limit;       /* it is beyond the arena's limit */


void *__real_erpsync_alloc(erpsync_arena_t *arena, size_t size);
void *__wrap_erpsync_alloc(erpsync_arena_t *arena, size_t size);
void *__real_erpsync_calloc(erpsync_arena_t *arena, size_t size);
void *__wrap_erpsync_calloc(erpsync_arena_t *arena, size_t size);
uint8_t *__real_erpsync_nalloc(erpsync_arena_t *arena, size_t size);
uint8_t *__wrap_erpsync_nalloc(erpsync_arena_t *arena, size_t size);
erpsync_str_t __real_erpsync_str_dup(erpsync_arena_t *arena, erpsync_str_t s);
erpsync_str_t __wrap_erpsync_str_dup(erpsync_arena_t *arena, erpsync_str_t s);
erpsync_rc_t __real_erpsync_out_init(erpsync_out_t *out,
    erpsync_arena_t *arena, size_t size);
erpsync_rc_t __wrap_erpsync_out_init(erpsync_out_t *out,
    erpsync_arena_t *arena, size_t size);
erpsync_rc_t __real_erpsync_out_grow(erpsync_out_t *out, size_t size);
erpsync_rc_t __wrap_erpsync_out_grow(erpsync_out_t *out, size_t size);
erpsync_rc_t __real_erpsync_out_str(erpsync_out_t *out, erpsync_str_t s);
erpsync_rc_t __wrap_erpsync_out_str(erpsync_out_t *out, erpsync_str_t s);
erpsync_rc_t __real_erpsync_out_number(erpsync_out_t *out, uint64_t n);
erpsync_rc_t __wrap_erpsync_out_number(erpsync_out_t *out, uint64_t n);
erpsync_rc_t __real_erpsync_out_json(erpsync_out_t *out, erpsync_text_t text);
erpsync_rc_t __wrap_erpsync_out_json(erpsync_out_t *out, erpsync_text_t text);
erpsync_rc_t __real_erpsync_out_xml(erpsync_out_t *out, erpsync_str_t s);
erpsync_rc_t __wrap_erpsync_out_xml(erpsync_out_t *out, erpsync_str_t s);


static bool
scarce(erpsync_arena_t *arena)
{
    if (++scarce_requests != scarce_at) {
        return false;
    }

    arena->exceeded |= scarce_limit;
    arena->failed |= !scarce_limit;

    return true;
}


void *
__wrap_erpsync_alloc(erpsync_arena_t *arena, size_t size)
{
    return scarce(arena) ? NULL : __real_erpsync_alloc(arena, size);
}


void *
__wrap_erpsync_calloc(erpsync_arena_t *arena, size_t size)
{
    return scarce(arena) ? NULL : __real_erpsync_calloc(arena, size);
}


uint8_t *
__wrap_erpsync_nalloc(erpsync_arena_t *arena, size_t size)
{
    return scarce(arena) ? NULL : __real_erpsync_nalloc(arena, size);
}


erpsync_str_t
__wrap_erpsync_str_dup(erpsync_arena_t *arena, erpsync_str_t s)
{
    return scarce(arena) ? erpsync_span(NULL, 0)
                         : __real_erpsync_str_dup(arena, s);
}


erpsync_rc_t
__wrap_erpsync_out_init(erpsync_out_t *out, erpsync_arena_t *arena,
    size_t size)
{
    return scarce(arena) ? ERPSYNC_ERROR
                         : __real_erpsync_out_init(out, arena, size);
}


erpsync_rc_t
__wrap_erpsync_out_grow(erpsync_out_t *out, size_t size)
{
    return scarce(out->arena) ? ERPSYNC_ERROR
                              : __real_erpsync_out_grow(out, size);
}


erpsync_rc_t
__wrap_erpsync_out_str(erpsync_out_t *out, erpsync_str_t s)
{
    return scarce(out->arena) ? ERPSYNC_ERROR
                              : __real_erpsync_out_str(out, s);
}


erpsync_rc_t
__wrap_erpsync_out_number(erpsync_out_t *out, uint64_t n)
{
    return scarce(out->arena) ? ERPSYNC_ERROR
                              : __real_erpsync_out_number(out, n);
}


erpsync_rc_t
__wrap_erpsync_out_json(erpsync_out_t *out, erpsync_text_t text)
{
    return scarce(out->arena) ? ERPSYNC_ERROR
                              : __real_erpsync_out_json(out, text);
}


erpsync_rc_t
__wrap_erpsync_out_xml(erpsync_out_t *out, erpsync_str_t s)
{
    return scarce(out->arena) ? ERPSYNC_ERROR
                              : __real_erpsync_out_xml(out, s);
}


#endif /* UNIT_SCARCE_H */
