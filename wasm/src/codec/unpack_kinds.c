/* The kinds of value that have an extension type. */
#include "unpack.h"

static JSValue unpack_bigint(Unpacker *u, const Item *item)
{
    JSValue hex = JS_NewStringLen(u->ctx, (const char *)item->bytes, (size_t)item->n);
    if (JS_IsException(hex))
        return hex;
    JSValueConst args[1] = { hex };
    JSValue n = JS_Call(u->ctx, u->codec->helpers->from_hex, JS_UNDEFINED, 1, args);
    JS_FreeValue(u->ctx, hex);
    return n;
}

/* Map, Set, RegExp and Error are made by the prelude, from an array. */
static JSValue unpack_revived(Unpacker *u, const Item *item, int depth)
{
    Reader inner = { item->bytes, item->bytes + item->n };
    Item head;
    if (!read_kind(&inner, ITEM_ARRAY, &head)) /* not one more of these: they would not be counted */
        return unpack_malformed(u->ctx);
    JSValue parts = unpack_array(u, &inner, head.n, depth);
    if (JS_IsException(parts))
        return parts;
    JSValueConst args[2] = { JS_NewInt32(u->ctx, item->ext_type), parts };
    JSValue made = JS_Call(u->ctx, u->codec->helpers->revive, JS_UNDEFINED, 2, args);
    JS_FreeValue(u->ctx, parts);
    return made;
}

static JSValue unpack_typed(Unpacker *u, const Item *item)
{
    if (!item->n || item->bytes[0] > JS_TYPED_ARRAY_FLOAT64)
        return unpack_malformed(u->ctx);
    JSValue buffer = JS_NewArrayBufferCopy(u->ctx, item->bytes + 1, (size_t)item->n - 1);
    if (JS_IsException(buffer))
        return buffer;
    JSValueConst args[3] = { buffer, JS_UNDEFINED, JS_UNDEFINED };
    JSValue typed = JS_NewTypedArray(u->ctx, 3, args, item->bytes[0]);
    JS_FreeValue(u->ctx, buffer);
    return typed;
}

static JSValue unpack_date(Unpacker *u, const Item *item)
{
    double ms;
    uint64_t bits = 0;
    if (item->n != 8)
        return unpack_malformed(u->ctx);
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | item->bytes[i];
    memcpy(&ms, &bits, 8);
    return JS_NewDate(u->ctx, ms);
}

JSValue unpack_ext(Unpacker *u, const Item *item, int depth)
{
    switch (item->ext_type) {
    case EXT_UNDEFINED: return JS_UNDEFINED;
    case EXT_BIGINT: return unpack_bigint(u, item);
    case EXT_DATE: return unpack_date(u, item);
    case EXT_MAP:
    case EXT_SET:
    case EXT_REGEXP:
    case EXT_ERROR: return unpack_revived(u, item, depth);
    case EXT_TYPED: return unpack_typed(u, item);
    case EXT_GRAPH: return unpack_graph(u, item);
    case EXT_REF: return unpack_reference(u, item);
    case EXT_BUFFER: return JS_NewArrayBufferCopy(u->ctx, item->bytes, (size_t)item->n);
    default: return unpack_malformed(u->ctx);
    }
}
