
/*
 * simdjson, the fastest JSON parser that Debian has, for micro.c. It is C++,
 * so this is all of it that a C program sees.
 */


#ifndef BENCH_SIMDJSON_C_H
#define BENCH_SIMDJSON_C_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


#define BENCH_SIMDJSON_PADDING  64   /* bytes that may be read behind a text */


#ifdef __cplusplus
extern "C" {
#endif

/* Returns the instruction set that simdjson has chosen for DOM and minify. */

const char *bench_simdjson_name(void);

/*
 * Parses a text into simdjson's DOM.  Returns false if it is not JSON.
 * Parsers are kept between calls, as simdjson advises, so memory is not
 * allocated again.
 */

bool bench_simdjson_dom(const uint8_t *text, size_t len);

/*
 * Reads a TryConnectActor request on demand: each member that the schema
 * knows, in the order of the schema, to its value.  "camel" is the case of
 * the names.  Returns false if one is missing or has another type.
 */

bool bench_simdjson_demand(const uint8_t *text, size_t len, bool camel);

/*
 * Removes white space between tokens; "out" has room for the text and its
 * padding.  Only strings and white space are told apart.
 */

bool bench_simdjson_minify(const uint8_t *text, size_t len, uint8_t *out);

#ifdef __cplusplus
}
#endif


#endif /* BENCH_SIMDJSON_C_H */
