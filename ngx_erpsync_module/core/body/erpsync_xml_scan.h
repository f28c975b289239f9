
/*
 * Scanning of plain XML, as erpsync_scan.h does it for JSON.  In a plain
 * document there is a '>' in front of "last", which ends every run: the byte
 * that is returned is there.
 */


#ifndef ERPSYNC_XML_SCAN_H
#define ERPSYNC_XML_SCAN_H


#include "erpsync_scan.h"
#include "erpsync_xml_internal.h"


#if (ERPSYNC_SSE2)

static inline unsigned
erpsync_xml_scan_name_stops(const uint8_t *p)
{
    __m128i  v, stop;

    v = _mm_loadu_si128((const __m128i *) p);

    /* signed: bytes from 0x80 on are below '0' as well */

    stop = _mm_cmplt_epi8(v, _mm_set1_epi8('0'));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('>')));

    return (unsigned) _mm_movemask_epi8(stop);
}

#endif


/*
 * The end of a name that starts at "p", if a name it is: no letter and no
 * digit is below '0', nor is it '>', of which there is one in front of
 * "last".
 */

static inline const uint8_t *
erpsync_xml_scan_name(const uint8_t *p, const uint8_t *last)
{
#if (ERPSYNC_SSE2)
    p = erpsync_scan_while(p, last, erpsync_xml_scan_name_stops);
#else
    (void) last;
#endif

    while (*p >= '0' && *p < 0x80 && *p != '>') {
        p++;
    }

    return p;
}


#if (ERPSYNC_SSE2)

static inline unsigned
erpsync_xml_scan_text_stops(const uint8_t *p)
{
    __m128i  v, stop;

    v = _mm_loadu_si128((const __m128i *) p);

    /* signed: bytes from 0x80 on are below 0x20 as well */

    stop = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('<')));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('>')));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));

    return (unsigned) _mm_movemask_epi8(stop);
}

#endif


/* The first byte of text that asks for a look; there is a '>' to end it. */

static inline const uint8_t *
erpsync_xml_scan_text(const uint8_t *p, const uint8_t *last)
{
#if (ERPSYNC_SSE2)
    p = erpsync_scan_while(p, last, erpsync_xml_scan_text_stops);
#else
    (void) last;
#endif

    while (*p >= 0x20 && *p < 0x80 && *p != '<' && *p != '>' && *p != '&') {
        p++;
    }

    return p;
}


#if (ERPSYNC_SSE2)

static inline unsigned
erpsync_xml_scan_clean_stops(const uint8_t *p)
{
    __m128i  v, stop;

    v = _mm_loadu_si128((const __m128i *) p);

    stop = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('<')));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    return (unsigned) _mm_movemask_epi8(stop);
}

#endif


/* The first byte that ends text, or that keeps it from being clean. */

static inline const uint8_t *
erpsync_xml_scan_clean(const uint8_t *p, const uint8_t *last)
{
#if (ERPSYNC_SSE2)
    p = erpsync_scan_while(p, last, erpsync_xml_scan_clean_stops);
#else
    (void) last;
#endif

    while (*p != '<' && *p != '&' && !erpsync_scan_stop(*p)) {
        p++;
    }

    return p;
}


/* The length of a reference to a predefined entity; 0: another one. */

size_t erpsync_xml_entity(const uint8_t *p, const uint8_t *last, uint8_t *c);


#endif /* ERPSYNC_XML_SCAN_H */
