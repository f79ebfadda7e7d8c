/* Maps of MessagePack as plain objects: of those that come in numbers only the first is made property
   by property. */
#include "engine/internals.h"
#include "unpack.h"

static bool read_text_key(Reader *in, Key *key)
{
    Item item;
    if (!read_item(in, &item) || item.kind != ITEM_TEXT)
        return false;
    *key = (Key){ item.bytes, (size_t)item.n };
    return true;
}

static Layout *layout_slot(Unpacker *u, Reader in, uint64_t count)
{
    Key first;
    if (!count || count > LAYOUT_KEYS || !read_text_key(&in, &first))
        return NULL;
    uint32_t hash = (uint32_t)count * 31 + (uint32_t)first.len;
    if (first.len)
        hash = hash * 31 + first.bytes[0] * 7 + first.bytes[first.len - 1];
    return &u->layouts[hash % LAYOUT_COUNT];
}

/* Skips one value: only where the keys are, matters. */
static bool skip_value(Reader *in)
{
    Item item;
    uint64_t pending = 1;
    while (pending--) {
        if (!read_item(in, &item))
            return false;
        if (item.kind == ITEM_ARRAY || item.kind == ITEM_MAP)
            pending += item.kind == ITEM_MAP ? item.n * 2 : item.n;
    }
    return true;
}

/* Keeps what the object made of the map at `in` looks like. */
static void layout_keep(Unpacker *u, Layout *layout, Reader in, uint64_t count, JSValueConst object)
{
    for (uint64_t i = 0; i < count; i++)
        if (!read_text_key(&in, &layout->keys[i]) || !skip_value(&in))
            return;
    layout->engine_layout = engine_layout(u->ctx, object, &layout->count);
    if (layout->engine_layout && layout->count != count) { /* a key came twice */
        engine_free_layout(u->ctx, layout->engine_layout);
        layout->engine_layout = NULL;
    }
}

/* An object with the first `n` keys of a layout; consumes the values. */
static JSValue object_of(Unpacker *u, const Layout *layout, uint32_t n, JSValue *values)
{
    JSValue object = JS_NewObject(u->ctx);
    bool failed = JS_IsException(object);
    for (uint32_t i = 0; i < n; i++) {
        JSAtom key = JS_ATOM_NULL;
        if (!failed)
            key = JS_NewAtomLen(u->ctx, (const char *)layout->keys[i].bytes, layout->keys[i].len);
        if (key == JS_ATOM_NULL) {
            JS_FreeValue(u->ctx, values[i]);
            failed = true;
        } else {
            failed = JS_DefinePropertyValue(u->ctx, object, key, values[i], JS_PROP_C_W_E) < 0;
            JS_FreeAtom(u->ctx, key);
        }
    }
    return failed ? unpack_filled(u->ctx, object, -1) : object;
}

/* Reads a map that probably has the keys of `layout`. Where it turns out not to, what is read
   already is used: nothing is read twice, however maps are nested. */
static JSValue unpack_like(Unpacker *u, Reader *in, const Layout *layout, int depth)
{
    JSValue values[LAYOUT_KEYS];
    uint32_t n = 0;
    for (; n < layout->count; n++) {
        Reader before = *in;
        Key key;
        const Key *expected = &layout->keys[n];
        if (!read_text_key(in, &key) || key.len != expected->len
            || memcmp(key.bytes, expected->bytes, key.len)) {
            *in = before;
            break;
        }
        values[n] = unpack_value(u, in, depth + 1);
        if (JS_IsException(values[n])) {
            while (n)
                JS_FreeValue(u->ctx, values[--n]);
            return JS_EXCEPTION;
        }
    }
    if (n == layout->count)
        return engine_new_record(u->ctx, layout->engine_layout, values);
    JSValue object = object_of(u, layout, n, values);
    if (JS_IsException(object))
        return object;
    return unpack_filled(u->ctx, object, unpack_members(u, in, layout->count - n, object, depth));
}

JSValue unpack_map(Unpacker *u, Reader *in, uint64_t count, int depth)
{
    Reader start = *in;
    Layout *layout = layout_slot(u, start, count);
    if (layout && layout->engine_layout && layout->count == count)
        return unpack_like(u, in, layout, depth);
    JSValue object = JS_NewObject(u->ctx);
    if (JS_IsException(object))
        return object;
    object = unpack_filled(u->ctx, object, unpack_members(u, in, count, object, depth));
    if (layout && !layout->engine_layout && !JS_IsException(object))
        layout_keep(u, layout, start, count, object);
    return object;
}
