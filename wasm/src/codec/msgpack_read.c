#include "msgpack_read.h"

/* Reads a big-endian number of `width` bytes. */
static bool read_be(Reader *in, int width, uint64_t *value)
{
    if (reader_left(in) < (size_t)width)
        return false;
    *value = 0;
    for (int i = 0; i < width; i++)
        *value = *value << 8 | *in->at++;
    return true;
}

static bool read_ext(Reader *in, Item *item, int width)
{
    item->kind = ITEM_EXT;
    if (width && !read_be(in, width, &item->n))
        return false;
    if (!reader_left(in))
        return false;
    item->ext_type = *in->at++;
    return read_bytes(in, item);
}

static bool read_sized(Reader *in, Item *item, int kind, int width)
{
    item->kind = kind;
    return read_be(in, width, &item->n)
        && (kind == ITEM_ARRAY || kind == ITEM_MAP || read_bytes(in, item));
}

static bool read_number(Reader *in, Item *item, int kind, int width)
{
    item->kind = kind;
    if (!read_be(in, width, &item->n))
        return false;
    if (kind == ITEM_INT && width < 8) /* sign-extend */
        item->n = (uint64_t)((int64_t)(item->n << (64 - 8 * width)) >> (64 - 8 * width));
    return true;
}

bool read_long_item(uint8_t tag, Reader *in, Item *item)
{
    *item = (Item){ 0 };
    switch (tag) {
    case 0xc0: item->kind = ITEM_NIL; return true;
    case 0xc2:
    case 0xc3: item->kind = ITEM_BOOL; item->n = tag & 1; return true;
    case 0xc4: return read_sized(in, item, ITEM_BIN, 1);
    case 0xc5: return read_sized(in, item, ITEM_BIN, 2);
    case 0xc6: return read_sized(in, item, ITEM_BIN, 4);
    case 0xc7: return read_ext(in, item, 1);
    case 0xc8: return read_ext(in, item, 2);
    case 0xc9: return read_ext(in, item, 4);
    case 0xcb: return read_number(in, item, ITEM_FLOAT, 8);
    case 0xcc: return read_number(in, item, ITEM_UINT, 1);
    case 0xcd: return read_number(in, item, ITEM_UINT, 2);
    case 0xce: return read_number(in, item, ITEM_UINT, 4);
    case 0xcf: return read_number(in, item, ITEM_UINT, 8);
    case 0xd0: return read_number(in, item, ITEM_INT, 1);
    case 0xd1: return read_number(in, item, ITEM_INT, 2);
    case 0xd2: return read_number(in, item, ITEM_INT, 4);
    case 0xd3: return read_number(in, item, ITEM_INT, 8);
    case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8:
        item->n = (uint64_t)1 << (tag - 0xd4);
        return read_ext(in, item, 0);
    case 0xd9: return read_sized(in, item, ITEM_TEXT, 1);
    case 0xda: return read_sized(in, item, ITEM_TEXT, 2);
    case 0xdb: return read_sized(in, item, ITEM_TEXT, 4);
    case 0xdc: return read_sized(in, item, ITEM_ARRAY, 2);
    case 0xdd: return read_sized(in, item, ITEM_ARRAY, 4);
    case 0xde: return read_sized(in, item, ITEM_MAP, 2);
    case 0xdf: return read_sized(in, item, ITEM_MAP, 4);
    default: return false; /* float32 and the reserved tag are never sent */
    }
}

bool read_kind(Reader *in, int kind, Item *item)
{
    return read_item(in, item) && item->kind == kind;
}

bool read_array_header(Reader *in, uint32_t *count)
{
    Item item;
    /* Each element takes at least a byte: a count beyond that is a lie. */
    if (!read_kind(in, ITEM_ARRAY, &item) || item.n > reader_left(in))
        return false;
    *count = (uint32_t)item.n;
    return true;
}

bool read_uint(Reader *in, uint64_t *value)
{
    Item item;
    if (!read_kind(in, ITEM_UINT, &item))
        return false;
    *value = item.n;
    return true;
}

bool read_text(Reader *in, const char **text, size_t *len)
{
    Item item;
    if (!read_kind(in, ITEM_TEXT, &item))
        return false;
    *text = (const char *)item.bytes;
    *len = (size_t)item.n;
    return true;
}

bool read_bin(Reader *in, const uint8_t **bytes, size_t *len)
{
    Item item;
    if (!read_kind(in, ITEM_BIN, &item))
        return false;
    *bytes = item.bytes;
    *len = (size_t)item.n;
    return true;
}

bool read_float(Reader *in, double *value)
{
    Item item;
    if (!read_kind(in, ITEM_FLOAT, &item))
        return false;
    memcpy(value, &item.n, 8);
    return true;
}

bool read_nil(Reader *in)
{
    if (!reader_left(in) || *in->at != 0xc0)
        return false;
    in->at++;
    return true;
}
