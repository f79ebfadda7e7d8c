/* MessagePack as the host writes it, item by item. The host is trusted, yet every length is checked
   against the end of the message: a mistake there must not become memory corruption here. */
#ifndef MSGPACK_READ_H
#define MSGPACK_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const uint8_t *at, *end; /* borrowed: in the message */
} Reader;

/* The head of an item, one level up from MessagePack's formats. */
enum { ITEM_NIL, ITEM_BOOL, ITEM_UINT, ITEM_INT, ITEM_FLOAT, ITEM_TEXT, ITEM_BIN, ITEM_ARRAY,
       ITEM_MAP, ITEM_EXT };

typedef struct {
    int kind;
    uint8_t ext_type;
    uint64_t n;           /* number, truth, count, or length of the bytes */
    const uint8_t *bytes; /* borrowed: ITEM_TEXT, ITEM_BIN, ITEM_EXT */
} Item;

static inline size_t reader_left(const Reader *in)
{
    return (size_t)(in->end - in->at);
}

/* The bytes of an item whose length is known. */
static inline bool read_bytes(Reader *in, Item *item)
{
    if (reader_left(in) < item->n)
        return false;
    item->bytes = in->at;
    in->at += item->n;
    return true;
}

/* An item whose tag is not all there is to know of its length. */
bool read_long_item(uint8_t tag, Reader *in, Item *item);

static inline bool read_short_item(uint8_t tag, Reader *in, Item *item)
{
    if (tag < 0x80) {
        *item = (Item){ .kind = ITEM_UINT, .n = tag };
    } else if (tag < 0x90) {
        *item = (Item){ .kind = ITEM_MAP, .n = tag & 15 };
    } else if (tag < 0xa0) {
        *item = (Item){ .kind = ITEM_ARRAY, .n = tag & 15 };
    } else if (tag < 0xc0) {
        *item = (Item){ .kind = ITEM_TEXT, .n = tag & 31 };
        return read_bytes(in, item);
    } else {
        *item = (Item){ .kind = ITEM_INT, .n = (uint64_t)(int64_t)(int8_t)tag };
    }
    return true;
}

/* Reads the next item, of an array or a map its head alone; false when there is no valid one. Inline,
   because most items of most messages are short. */
static inline bool read_item(Reader *in, Item *item)
{
    if (!reader_left(in))
        return false;
    uint8_t tag = *in->at++;
    return tag < 0xc0 || tag >= 0xe0 ? read_short_item(tag, in, item)
                                     : read_long_item(tag, in, item);
}

/* The same for an item that must be of a certain kind: false when it is of another. */
bool read_kind(Reader *in, int kind, Item *item);
bool read_array_header(Reader *in, uint32_t *count);
bool read_uint(Reader *in, uint64_t *value);
bool read_text(Reader *in, const char **text, size_t *len);
bool read_float(Reader *in, double *value);
bool read_bin(Reader *in, const uint8_t **bytes, size_t *len);
bool read_nil(Reader *in);

#endif
