/* The pieces that MessagePack is written of; each appends to `out`. They are inline because they are
   small and a value is written piece by piece. */
#ifndef MSGPACK_WRITE_H
#define MSGPACK_WRITE_H

#include <stdbool.h>

#include "buffer.h"

#define MAX_SAFE_INTEGER 9007199254740991.0

static inline void pack_nil(Buffer *out)
{
    buffer_byte(out, 0xc0);
}

static inline void pack_uint(Buffer *out, uint64_t n)
{
    if (n < 128)
        buffer_byte(out, (uint8_t)n);
    else if (n <= UINT32_MAX)
        buffer_tagged(out, 0xce, n, 4);
    else
        buffer_tagged(out, 0xcf, n, 8);
}

static inline void pack_int(Buffer *out, int64_t n)
{
    if (n >= 0)
        pack_uint(out, (uint64_t)n);
    else if (n >= -32)
        buffer_byte(out, (uint8_t)n);
    else
        buffer_tagged(out, 0xd3, (uint64_t)n, 8);
}

static inline void pack_number(Buffer *out, double d)
{
    bool integral = d >= -MAX_SAFE_INTEGER && d <= MAX_SAFE_INTEGER && d == (double)(int64_t)d;
    uint64_t bits;
    memcpy(&bits, &d, 8);
    if (integral && !(d == 0 && bits))
        pack_int(out, (int64_t)d);
    else
        buffer_tagged(out, 0xcb, bits, 8);
}

static inline void pack_sized(Buffer *out, uint8_t tag8, const void *bytes, size_t len)
{
    if (len < 256)
        buffer_tagged(out, tag8, len, 1);
    else if (len < 65536)
        buffer_tagged(out, tag8 + 1, len, 2);
    else
        buffer_tagged(out, tag8 + 2, len, 4);
    buffer_put(out, bytes, len);
}

static inline void pack_text(Buffer *out, const char *text, size_t len)
{
    if (len < 32) {
        buffer_byte(out, 0xa0 | (uint8_t)len);
        buffer_put(out, text, len);
    } else {
        pack_sized(out, 0xd9, text, len);
    }
}

static inline void pack_array_header(Buffer *out, size_t count)
{
    if (count < 16)
        buffer_byte(out, 0x90 | (uint8_t)count);
    else
        buffer_tagged(out, 0xdd, count, 4);
}

static inline void pack_map_header(Buffer *out, uint32_t count)
{
    if (count < 16)
        buffer_byte(out, 0x80 | (uint8_t)count);
    else
        buffer_tagged(out, 0xdf, count, 4);
}

/* ext32 whose length is patched in by ext_end: what is inside is not known yet. */
static inline size_t ext_begin(Buffer *out, uint8_t type)
{
    size_t at = out->len + 1;
    buffer_tagged(out, 0xc9, 0, 4);
    buffer_byte(out, type);
    return at;
}

static inline void ext_end(Buffer *out, size_t at)
{
    buffer_patch_u32(out, at, (uint32_t)(out->len - at - 5));
}

static inline void ext_empty(Buffer *out, uint8_t type)
{
    buffer_tagged(out, 0xc7, 0, 1);
    buffer_byte(out, type);
}

#endif
