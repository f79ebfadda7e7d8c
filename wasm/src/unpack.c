/* MessagePack -> JavaScript values. The bytes come from the host, which is trusted, yet every
   length is checked against the end of the message: a mistake there must not become memory
   corruption here. */
#include "codec.h"
#include "internals.h"

enum { LAYOUT_COUNT = 16, LAYOUT_KEYS = 24, SMALL_ARRAY = 16 };

typedef struct {
    const uint8_t *bytes; /* in the message */
    size_t len;
} Key;

/* Records mostly come in numbers, all with the same keys. What the first one's object looked like
   is kept, so that the others need no look-up per property. */
typedef struct {
    void *engine_layout; /* owned; NULL while the slot is free */
    uint32_t count;
    Key keys[LAYOUT_KEYS];
} Layout;

typedef struct {
    const Codec *codec;
    JSContext *ctx;
    Layout layouts[LAYOUT_COUNT];
    JSValue *nodes; /* of the EXT_GRAPH being read: borrowed from read_graph */
    uint32_t node_count;
} Unpacker;

static JSValue unpack_value(Unpacker *u, Reader *in, int depth);

static JSValue malformed(JSContext *ctx)
{
    return JS_ThrowInternalError(ctx, "malformed message from the host");
}

static size_t left(const Reader *in)
{
    return (size_t)(in->end - in->at);
}

/* Reads a big-endian number of `width` bytes. */
static bool read_be(Reader *in, int width, uint64_t *value)
{
    if (left(in) < (size_t)width)
        return false;
    *value = 0;
    for (int i = 0; i < width; i++)
        *value = *value << 8 | *in->at++;
    return true;
}

/* The head of an item, one level up from MessagePack's formats. */
enum { ITEM_NIL, ITEM_BOOL, ITEM_UINT, ITEM_INT, ITEM_FLOAT, ITEM_TEXT, ITEM_BIN, ITEM_ARRAY,
       ITEM_MAP, ITEM_EXT };

typedef struct {
    int kind;
    uint8_t ext_type;
    uint64_t n;           /* number, truth, count, or length of the bytes */
    const uint8_t *bytes; /* ITEM_TEXT, ITEM_BIN, ITEM_EXT */
} Item;

static bool take_bytes(Reader *in, Item *item)
{
    if (left(in) < item->n)
        return false;
    item->bytes = in->at;
    in->at += item->n;
    return true;
}

static bool read_ext(Reader *in, Item *item, int width)
{
    item->kind = ITEM_EXT;
    if (width && !read_be(in, width, &item->n))
        return false;
    if (!left(in))
        return false;
    item->ext_type = *in->at++;
    return take_bytes(in, item);
}

static bool read_sized(Reader *in, Item *item, int kind, int width)
{
    item->kind = kind;
    return read_be(in, width, &item->n)
        && (kind == ITEM_ARRAY || kind == ITEM_MAP || take_bytes(in, item));
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

static bool read_fix(uint8_t tag, Reader *in, Item *item)
{
    if (tag < 0x80) {
        *item = (Item){ .kind = ITEM_UINT, .n = tag };
    } else if (tag < 0x90) {
        *item = (Item){ .kind = ITEM_MAP, .n = tag & 15 };
    } else if (tag < 0xa0) {
        *item = (Item){ .kind = ITEM_ARRAY, .n = tag & 15 };
    } else if (tag < 0xc0) {
        *item = (Item){ .kind = ITEM_TEXT, .n = tag & 31 };
        return take_bytes(in, item);
    } else {
        *item = (Item){ .kind = ITEM_INT, .n = (uint64_t)(int64_t)(int8_t)tag };
    }
    return true;
}

static bool read_item(Reader *in, Item *item)
{
    if (!left(in))
        return false;
    uint8_t tag = *in->at++;
    if (tag < 0xc0 || tag >= 0xe0)
        return read_fix(tag, in, item);
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

/* --- the message's own structure ---------------------------------------------------------- */

static bool read_kind(Reader *in, int kind, Item *item)
{
    return read_item(in, item) && item->kind == kind;
}

bool read_array_header(Reader *in, uint32_t *count)
{
    Item item;
    /* Each element takes at least a byte: a count beyond that is a lie. */
    if (!read_kind(in, ITEM_ARRAY, &item) || item.n > left(in))
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
    if (!left(in) || *in->at != 0xc0)
        return false;
    in->at++;
    return true;
}

/* --- values ------------------------------------------------------------------------------- */

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
    return left(in) >= 3 && in->at[0] == 0xc7 && in->at[1] == 0 && in->at[2] == EXT_HOLE;
}

static int fill_array(Unpacker *u, Reader *in, uint64_t from, uint64_t count, JSValueConst array,
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

static int fill_object(Unpacker *u, Reader *in, uint64_t count, JSValueConst object, int depth)
{
    for (uint64_t i = 0; i < count; i++) {
        JSAtom key = read_key(u, in);
        if (key == JS_ATOM_NULL) {
            if (!JS_HasException(u->ctx))
                malformed(u->ctx);
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
static JSValue filled(JSContext *ctx, JSValue container, int status)
{
    if (status == 0)
        return container;
    JS_FreeValue(ctx, container);
    return JS_EXCEPTION;
}

static JSValue unpack_array(Unpacker *u, Reader *in, uint64_t count, int depth)
{
    JSValue small[SMALL_ARRAY], *items = small;
    if (count > left(in)) /* each element takes at least a byte */
        return malformed(u->ctx);
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
    return filled(u->ctx, array, fill_array(u, in, n, count, array, depth));
}

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
    return failed ? filled(u->ctx, object, -1) : object;
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
    return filled(u->ctx, object, fill_object(u, in, layout->count - n, object, depth));
}

static JSValue unpack_map(Unpacker *u, Reader *in, uint64_t count, int depth)
{
    Reader start = *in;
    Layout *layout = layout_slot(u, start, count);
    if (layout && layout->engine_layout && layout->count == count)
        return unpack_like(u, in, layout, depth);
    JSValue object = JS_NewObject(u->ctx);
    if (JS_IsException(object))
        return object;
    object = filled(u->ctx, object, fill_object(u, in, count, object, depth));
    if (layout && !layout->engine_layout && !JS_IsException(object))
        layout_keep(u, layout, start, count, object);
    return object;
}

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
        return malformed(u->ctx);
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
        return malformed(u->ctx);
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
        return malformed(u->ctx);
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | item->bytes[i];
    memcpy(&ms, &bits, 8);
    return JS_NewDate(u->ctx, ms);
}

static JSValue unpack_reference(Unpacker *u, const Item *item)
{
    uint32_t number = 0;
    if (item->n != 4)
        return malformed(u->ctx);
    for (int i = 0; i < 4; i++)
        number = number << 8 | item->bytes[i];
    if (number >= u->node_count)
        return malformed(u->ctx);
    return JS_DupValue(u->ctx, u->nodes[number]);
}

/* The empty container that a node will become, so that others can refer to it before it is full.
   The host sends arrays, maps, Map and Set as nodes; everything else stands inside them. */
static JSValue graph_shell(Unpacker *u, const Item *item)
{
    if (item->kind == ITEM_ARRAY)
        return JS_NewArray(u->ctx);
    if (item->kind == ITEM_MAP)
        return JS_NewObject(u->ctx);
    if (item->kind != ITEM_EXT || (item->ext_type != EXT_MAP && item->ext_type != EXT_SET))
        return malformed(u->ctx);
    JSValueConst args[1] = { JS_NewInt32(u->ctx, item->ext_type) };
    return JS_Call(u->ctx, u->codec->helpers->revive, JS_UNDEFINED, 1, args);
}

static int graph_fill(Unpacker *u, const Item *node, JSValueConst shell)
{
    Reader in = { node->bytes, node->bytes + node->n };
    Item item;
    if (!read_item(&in, &item))
        return -1;
    if (item.kind == ITEM_ARRAY)
        return fill_array(u, &in, 0, item.n, shell, 0);
    if (item.kind == ITEM_MAP)
        return fill_object(u, &in, item.n, shell, 0);
    Reader inner = { item.bytes, item.bytes + item.n };
    JSValue parts = unpack_value(u, &inner, 0);
    if (JS_IsException(parts))
        return -1;
    JSValueConst args[3] = { JS_NewInt32(u->ctx, item.ext_type), shell, parts };
    JSValue done = JS_Call(u->ctx, u->codec->helpers->revive, JS_UNDEFINED, 3, args);
    JS_FreeValue(u->ctx, parts);
    JS_FreeValue(u->ctx, done);
    return JS_IsException(done) ? -1 : 0;
}

static JSValue graph_build(Unpacker *u, Item *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        Reader in = { items[i].bytes, items[i].bytes + items[i].n };
        Item head;
        u->nodes[i] = read_item(&in, &head) ? graph_shell(u, &head) : malformed(u->ctx);
        if (JS_IsException(u->nodes[i]))
            return JS_EXCEPTION;
        u->node_count = i + 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (graph_fill(u, &items[i], u->nodes[i]) < 0)
            return JS_HasException(u->ctx) ? JS_EXCEPTION : malformed(u->ctx);
    }
    return JS_DupValue(u->ctx, u->nodes[0]);
}

/* From the host, a graph is an array of binaries, each the MessagePack of one node: their ends are
   known without reading them. */
static JSValue unpack_graph(Unpacker *u, const Item *item)
{
    Reader in = { item->bytes, item->bytes + item->n };
    uint32_t count;
    if (u->nodes || !read_array_header(&in, &count) || !count)
        return malformed(u->ctx);
    Item *items = malloc(count * sizeof *items);
    u->nodes = malloc(count * sizeof *u->nodes);
    JSValue root = JS_EXCEPTION;
    if (!items || !u->nodes) {
        JS_ThrowOutOfMemory(u->ctx);
    } else {
        uint32_t i = 0;
        while (i < count && read_kind(&in, ITEM_BIN, &items[i]))
            i++;
        root = i == count ? graph_build(u, items, count) : malformed(u->ctx);
    }
    for (uint32_t i = 0; i < u->node_count; i++)
        JS_FreeValue(u->ctx, u->nodes[i]);
    free(u->nodes);
    free(items);
    u->nodes = NULL;
    u->node_count = 0;
    return root;
}

static JSValue unpack_ext(Unpacker *u, const Item *item, int depth)
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
    default: return malformed(u->ctx);
    }
}

static JSValue unpack_value(Unpacker *u, Reader *in, int depth)
{
    Item item;
    if (depth > CODEC_MAX_DEPTH + 8 || !read_item(in, &item))
        return malformed(u->ctx);
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
