/* MessagePack -> JavaScript values. The bytes come from the host, which is trusted, yet every
   length is checked against the end of the message: a mistake there must not become memory
   corruption here. */
#include "unpack.h"

#include "engine/internals.h"

enum { SMALL_ARRAY = 16 };

JSValue unpack_malformed(JSContext *ctx)
{
    return JS_ThrowInternalError(ctx, "malformed message from the host");
}

static JSValue from_uint(JSContext *ctx, uint64_t n)
{
    return n <= (1ull << 53) - 1 ? JS_NewNumber(ctx, (double)n) : JS_NewBigUint64(ctx, n);
}

static JSValue from_int(JSContext *ctx, int64_t n)
{
    return n >= -((1ll << 53) - 1) ? JS_NewNumber(ctx, (double)n) : JS_NewBigInt64(ctx, n);
}

static bool at_hole(const Reader *in)
{
    return reader_left(in) >= 3 && in->at[0] == 0xc7 && in->at[1] == 0 && in->at[2] == EXT_HOLE;
}

int unpack_elements(Unpacker *u, Reader *in, uint64_t from, uint64_t count, JSValueConst array,
                    int depth)
{
    for (uint64_t i = from; i < count; i++) {
        if (at_hole(in)) {
            in->at += 3;
            if (JS_SetLength(u->ctx, array, (int64_t)i + 1) < 0)
                return -1;
            continue;
        }
        JSValue item = unpack_value(u, in, depth + 1);
        if (JS_IsException(item)
            || JS_DefinePropertyValueUint32(u->ctx, array, (uint32_t)i, item, JS_PROP_C_W_E) < 0)
            return -1;
    }
    return 0;
}

static JSAtom read_key(Unpacker *u, Reader *in)
{
    Item item;
    if (!read_item(in, &item))
        return JS_ATOM_NULL;
    if (item.kind == ITEM_TEXT)
        return JS_NewAtomLen(u->ctx, (const char *)item.bytes, (size_t)item.n);
    if (item.kind != ITEM_UINT && item.kind != ITEM_INT)
        return JS_ATOM_NULL;
    JSValue n = item.kind == ITEM_UINT ? from_uint(u->ctx, item.n)
                                       : from_int(u->ctx, (int64_t)item.n);
    JSAtom atom = JS_ValueToAtom(u->ctx, n);
    JS_FreeValue(u->ctx, n);
    return atom;
}

int unpack_members(Unpacker *u, Reader *in, uint64_t count, JSValueConst object, int depth)
{
    for (uint64_t i = 0; i < count; i++) {
        JSAtom key = read_key(u, in);
        if (key == JS_ATOM_NULL) {
            if (!JS_HasException(u->ctx))
                unpack_malformed(u->ctx);
            return -1;
        }
        JSValue value = unpack_value(u, in, depth + 1);
        int done = -1;
        if (!JS_IsException(value))
            /* define, not set: a key such as "__proto__" is data */
            done = JS_DefinePropertyValue(u->ctx, object, key, value, JS_PROP_C_W_E);
        JS_FreeAtom(u->ctx, key);
        if (done < 0)
            return -1;
    }
    return 0;
}

/* `container` is consumed when filling it failed. */
JSValue unpack_filled(JSContext *ctx, JSValue container, int status)
{
    if (status == 0)
        return container;
    JS_FreeValue(ctx, container);
    return JS_EXCEPTION;
}

JSValue unpack_array(Unpacker *u, Reader *in, uint64_t count, int depth)
{
    JSValue small[SMALL_ARRAY], *items = small;
    if (count > reader_left(in)) /* each element takes at least a byte */
        return unpack_malformed(u->ctx);
    if (count > SMALL_ARRAY && !(items = malloc(count * sizeof *items)))
        return JS_ThrowOutOfMemory(u->ctx);
    uint64_t n = 0;
    bool failed = false;
    while (n < count && !at_hole(in) && !failed) {
        items[n] = unpack_value(u, in, depth + 1);
        failed = JS_IsException(items[n]);
        n += !failed;
    }
    JSValue array = JS_EXCEPTION;
    if (failed) {
        while (n)
            JS_FreeValue(u->ctx, items[--n]);
    } else {
        array = JS_NewArrayFrom(u->ctx, (int)n, items); /* consumes the items */
    }
    if (items != small)
        free(items);
    if (n == count || JS_IsException(array))
        return array;
    return unpack_filled(u->ctx, array, unpack_elements(u, in, n, count, array, depth));
}

JSValue unpack_value(Unpacker *u, Reader *in, int depth)
{
    Item item;
    if (depth > CODEC_MAX_DEPTH + 8 || !read_item(in, &item))
        return unpack_malformed(u->ctx);
    switch (item.kind) {
    case ITEM_NIL: return JS_NULL;
    case ITEM_BOOL: return JS_NewBool(u->ctx, item.n != 0);
    case ITEM_UINT: return from_uint(u->ctx, item.n);
    case ITEM_INT: return from_int(u->ctx, (int64_t)item.n);
    case ITEM_FLOAT: {
        double d;
        memcpy(&d, &item.n, 8);
        return JS_NewNumber(u->ctx, d);
    }
    case ITEM_TEXT: return JS_NewStringLen(u->ctx, (const char *)item.bytes, (size_t)item.n);
    case ITEM_BIN: return JS_NewUint8ArrayCopy(u->ctx, item.bytes, (size_t)item.n);
    case ITEM_ARRAY: return unpack_array(u, in, item.n, depth);
    case ITEM_MAP: return unpack_map(u, in, item.n, depth);
    default: return unpack_ext(u, &item, depth);
    }
}

JSValue codec_unpack(const Codec *codec, Reader *in)
{
    Unpacker u; /* not zeroed: its layouts are large, and most results are small */
    u.codec = codec;
    u.ctx = codec->ctx;
    u.nodes = NULL;
    u.node_count = 0;
    for (int i = 0; i < LAYOUT_COUNT; i++)
        u.layouts[i].engine_layout = NULL;
    JSValue value = unpack_value(&u, in, 0);
    for (int i = 0; i < LAYOUT_COUNT; i++)
        engine_free_layout(u.ctx, u.layouts[i].engine_layout);
    return value;
}
