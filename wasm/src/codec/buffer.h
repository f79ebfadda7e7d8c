/* A growable byte buffer with a hard cap. Owned by whoever declares it; buffer_free releases it.
   Writing never fails loudly: the first write that cannot be done sets `status`, and everything
   after it is ignored, so that callers check once, at the end. */
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_OK = 0, BUFFER_NO_MEMORY = 1, BUFFER_FULL = 2 };

typedef struct {
    uint8_t *data;
    size_t len, cap, limit;
    int status;
} Buffer;

static inline void buffer_init(Buffer *b, size_t limit)
{
    *b = (Buffer){ .limit = limit };
}

static inline void buffer_free(Buffer *b)
{
    free(b->data);
    b->data = NULL;
    b->len = b->cap = 0;
}

/* Makes room for n more bytes; returns where they go, or NULL. */
static inline uint8_t *buffer_reserve(Buffer *b, size_t n)
{
    if (b->status)
        return NULL;
    if (n > b->limit - b->len) {
        b->status = BUFFER_FULL;
        return NULL;
    }
    if (n > b->cap - b->len) {
        size_t cap = b->cap ? b->cap : 256;
        while (cap - b->len < n)
            cap *= 2;
        uint8_t *data = realloc(b->data, cap);
        if (!data) {
            b->status = BUFFER_NO_MEMORY;
            return NULL;
        }
        b->data = data;
        b->cap = cap;
    }
    return b->data + b->len;
}

static inline void buffer_put(Buffer *b, const void *bytes, size_t n)
{
    uint8_t *p = buffer_reserve(b, n);
    if (p && n) { /* no bytes may be at NULL */
        memcpy(p, bytes, n);
        b->len += n;
    }
}

static inline void buffer_byte(Buffer *b, uint8_t byte)
{
    buffer_put(b, &byte, 1);
}

/* One tag byte and then the low `width` bytes of `value`, big-endian, as MessagePack wants. */
static inline void buffer_tagged(Buffer *b, uint8_t tag, uint64_t value, int width)
{
    uint8_t *p = buffer_reserve(b, 1 + (size_t)width);
    if (!p)
        return;
    *p++ = tag;
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8)
        *p++ = (uint8_t)(value >> shift);
    b->len += 1 + (size_t)width;
}

/* Overwrites the four bytes at `at` with a big-endian number: for lengths known afterwards. */
static inline void buffer_patch_u32(Buffer *b, size_t at, uint32_t value)
{
    if (b->status)
        return;
    for (int i = 0; i < 4; i++)
        b->data[at + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
}

#endif
