/* JavaScript values -> MessagePack.

   A value is first written as a tree. When an object turns up for the second time (a shared
   reference or a cycle), what was written is dropped and the value is written as EXT_GRAPH: every
   object is a node, and an object inside a node is an EXT_REF. Trees, by far the common case, cost
   one table look-up per object for it.

   Script code runs in between (getters, proxies): nothing here holds a pointer into the JS heap
   across a property access without owning a reference. In tree mode the table of seen objects
   holds bare addresses; an address used again can only make us take the graph way, which owns a
   reference to each node. */
#include "codec.h"
#include "internals.h"
#include "seen.h"

#include <stdio.h>

#define MAX_SAFE_INTEGER 9007199254740991.0

typedef struct Path {
    const struct Path *up;
    const char *root; /* the outermost step has this, and a number unless that is 0 */
    JSAtom key;       /* others: a property name, or JS_ATOM_NULL and an index */
    uint32_t index;
} Path;

enum { LAYOUT_COUNT = 16, LAYOUT_KEYS = 24, LAYOUT_BYTES = 512 };

/* Records mostly come in numbers, all with the same keys: those are kept as they are written. */
typedef struct {
    void *engine_layout; /* owned; NULL while the slot is free */
    uint16_t ends[LAYOUT_KEYS]; /* where the text of each key ends, header included */
    uint8_t text[LAYOUT_BYTES];
} Layout;

typedef struct {
    const Codec *codec;
    JSContext *ctx;
    Buffer *out;
    Layout *layouts[LAYOUT_COUNT];  /* owned, made when needed */
    const void *met[LAYOUT_COUNT]; /* the layout seen there last; for comparison only */
    Seen seen;
    bool graph;
    bool refused;   /* it has a part that cannot cross */
    JSValue *nodes; /* graph mode: owned references, in the order of their numbers */
    uint32_t node_capacity;
} Packer;

/* What CODEC_MAX_DEPTH levels take, and a margin. */
enum { PACK_STACK_BYTES = 256 * 1024 };

enum { PACK_OK = 0, PACK_ERROR = -1, PACK_SHARED = 1, PACK_CHANGED = 2 };

static int pack_value(Packer *p, JSValueConst v, const Path *path, int depth);

void pack_nil(Buffer *out)
{
    buffer_byte(out, 0xc0);
}

void pack_uint(Buffer *out, uint64_t n)
{
    if (n < 128)
        buffer_byte(out, (uint8_t)n);
    else if (n <= UINT32_MAX)
        buffer_tagged(out, 0xce, n, 4);
    else
        buffer_tagged(out, 0xcf, n, 8);
}

static void pack_int(Buffer *out, int64_t n)
{
    if (n >= 0)
        pack_uint(out, (uint64_t)n);
    else if (n >= -32)
        buffer_byte(out, (uint8_t)n);
    else
        buffer_tagged(out, 0xd3, (uint64_t)n, 8);
}

static void pack_number(Buffer *out, double d)
{
    bool integral = d >= -MAX_SAFE_INTEGER && d <= MAX_SAFE_INTEGER && d == (double)(int64_t)d;
    uint64_t bits;
    memcpy(&bits, &d, 8);
    if (integral && !(d == 0 && bits))
        pack_int(out, (int64_t)d);
    else
        buffer_tagged(out, 0xcb, bits, 8);
}

static void pack_sized(Buffer *out, uint8_t tag8, const void *bytes, size_t len)
{
    if (len < 256)
        buffer_tagged(out, tag8, len, 1);
    else if (len < 65536)
        buffer_tagged(out, tag8 + 1, len, 2);
    else
        buffer_tagged(out, tag8 + 2, len, 4);
    buffer_put(out, bytes, len);
}

void pack_text(Buffer *out, const char *text, size_t len)
{
    if (len < 32) {
        buffer_byte(out, 0xa0 | (uint8_t)len);
        buffer_put(out, text, len);
    } else {
        pack_sized(out, 0xd9, text, len);
    }
}

void pack_array_header(Buffer *out, size_t count)
{
    if (count < 16)
        buffer_byte(out, 0x90 | (uint8_t)count);
    else
        buffer_tagged(out, 0xdd, count, 4);
}

static void pack_map_header(Buffer *out, uint32_t count)
{
    if (count < 16)
        buffer_byte(out, 0x80 | (uint8_t)count);
    else
        buffer_tagged(out, 0xdf, count, 4);
}

/* ext32 whose length is patched in by ext_end: what is inside is not known yet. */
static size_t ext_begin(Buffer *out, uint8_t type)
{
    size_t at = out->len + 1;
    buffer_tagged(out, 0xc9, 0, 4);
    buffer_byte(out, type);
    return at;
}

static void ext_end(Buffer *out, size_t at)
{
    buffer_patch_u32(out, at, (uint32_t)(out->len - at - 5));
}

static void ext_empty(Buffer *out, uint8_t type)
{
    buffer_tagged(out, 0xc7, 0, 1);
    buffer_byte(out, type);
}

/* Appends the path to `text`, outermost first: result.items[3].callback */
static void path_write(JSContext *ctx, const Path *path, Buffer *text)
{
    char number[16];
    if (path->up)
        path_write(ctx, path->up, text);
    if (path->root) {
        buffer_put(text, path->root, strlen(path->root));
        int n = path->index ? snprintf(number, sizeof number, " %u", (unsigned)path->index) : 0;
        buffer_put(text, number, (size_t)n);
    } else if (path->key != JS_ATOM_NULL) {
        const char *key = JS_AtomToCString(ctx, path->key);
        buffer_put(text, ".", 1);
        if (key)
            buffer_put(text, key, strlen(key));
        JS_FreeCString(ctx, key);
    } else {
        int n = snprintf(number, sizeof number, "[%u]", (unsigned)path->index);
        buffer_put(text, number, (size_t)n);
    }
}

static int refuse(Packer *p, const Path *path, const char *what)
{
    enum { SHOWN = 60 }; /* of a long path: its first and last part */
    Buffer text;
    buffer_init(&text, 1 << 16);
    path_write(p->ctx, path, &text);
    const char *name = (const char *)text.data;
    int len = (int)text.len;
    if (len <= 2 * SHOWN)
        JS_ThrowTypeError(p->ctx, "%.*s %s", len, name, what);
    else
        JS_ThrowTypeError(p->ctx, "%.*s...%.*s %s", SHOWN, name, SHOWN, name + len - SHOWN, what);
    buffer_free(&text);
    p->refused = true;
    return PACK_ERROR;
}

static int full(Packer *p)
{
    if (p->out->status == BUFFER_NO_MEMORY)
        JS_ThrowOutOfMemory(p->ctx);
    else
        JS_ThrowRangeError(p->ctx, "value is larger than the %u bytes that may cross at a time",
                           (unsigned)p->out->limit);
    return PACK_ERROR;
}

/* --- the kinds of object ------------------------------------------------------------------ */

static int pack_string(Packer *p, JSValueConst v)
{
    size_t len;
    const char *text = JS_ToCStringLen(p->ctx, &len, v);
    if (!text)
        return PACK_ERROR;
    pack_text(p->out, text, len);
    JS_FreeCString(p->ctx, text);
    return PACK_OK;
}

static int pack_bigint(Packer *p, JSValueConst v)
{
    size_t len;
    JSValue hex = JS_Call(p->ctx, p->codec->helpers->to_hex, JS_UNDEFINED, 1, &v);
    const char *text = JS_IsException(hex) ? NULL : JS_ToCStringLen(p->ctx, &len, hex);
    JS_FreeValue(p->ctx, hex);
    if (!text)
        return PACK_ERROR;
    size_t at = ext_begin(p->out, EXT_BIGINT);
    buffer_put(p->out, text, len);
    ext_end(p->out, at);
    JS_FreeCString(p->ctx, text);
    return PACK_OK;
}

/* An element that is undefined may be a hole. */
static int pack_undefined(Packer *p, JSValueConst array, uint32_t i)
{
    JSAtom atom = JS_NewAtomUInt32(p->ctx, i);
    int own = atom == JS_ATOM_NULL ? -1 : JS_GetOwnProperty(p->ctx, NULL, array, atom);
    JS_FreeAtom(p->ctx, atom);
    if (own >= 0)
        ext_empty(p->out, own ? EXT_UNDEFINED : EXT_HOLE);
    return own < 0 ? PACK_ERROR : PACK_OK;
}

static int pack_element(Packer *p, JSValueConst array, uint32_t i, const Path *path, int depth)
{
    Path here = { .up = path, .index = i };
    JSValue item;
    if (!engine_array_get(array, i, &item)) {
        item = JS_GetPropertyUint32(p->ctx, array, i);
        if (JS_IsException(item))
            return PACK_ERROR;
    }
    int result = JS_IsUndefined(item) ? pack_undefined(p, array, i)
                                      : pack_value(p, item, &here, depth + 1);
    JS_FreeValue(p->ctx, item);
    return result;
}

static int pack_array(Packer *p, JSValueConst array, const Path *path, int depth)
{
    int64_t length;
    if (JS_GetLength(p->ctx, array, &length) < 0)
        return PACK_ERROR;
    /* An element takes at least one byte, so a huge sparse array need not be walked to refuse it. */
    if ((uint64_t)length > p->out->limit - p->out->len) {
        p->out->status = BUFFER_FULL;
        return full(p);
    }
    pack_array_header(p->out, (size_t)length);
    for (uint32_t i = 0; i < (uint32_t)length; i++) {
        int result = p->out->status ? full(p) : pack_element(p, array, i, path, depth);
        if (result)
            return result;
    }
    return PACK_OK;
}

static bool pack_key(Packer *p, Buffer *out, JSAtom key)
{
    size_t len;
    const char *name = JS_AtomToCStringLen(p->ctx, &len, key);
    if (name)
        pack_text(out, name, len);
    JS_FreeCString(p->ctx, name);
    return name != NULL;
}

/* Writes a key and its value, which is consumed. */
static int pack_property(Packer *p, JSAtom key, JSValue value, const Path *path, int depth)
{
    Path here = { .up = path, .key = key };
    int result = PACK_ERROR;
    if (!JS_IsException(value) && pack_key(p, p->out, key))
        result = pack_value(p, value, &here, depth + 1);
    JS_FreeValue(p->ctx, value);
    return result;
}

/* Writes the keys of a layout once; false when there is no room for them. */
static bool layout_write_keys(Packer *p, Layout *layout, uint32_t count)
{
    Buffer text;
    buffer_init(&text, LAYOUT_BYTES);
    bool fits = count <= LAYOUT_KEYS;
    for (uint32_t i = 0; fits && i < count; i++) {
        fits = pack_key(p, &text, engine_layout_key(layout->engine_layout, i)) && !text.status;
        layout->ends[i] = (uint16_t)text.len;
    }
    if (fits && text.len)
        memcpy(layout->text, text.data, text.len);
    buffer_free(&text);
    return fits;
}

static void layout_forget(Packer *p, Layout *layout)
{
    engine_free_layout(p->ctx, layout->engine_layout);
    layout->engine_layout = NULL;
}

/* What is kept of a layout; NULL when nothing is: it is new, has no room, or its slot is taken. */
static const Layout *layout_kept(Packer *p, void *engine, uint32_t count)
{
    uint32_t at = ((uintptr_t)engine >> 4) % LAYOUT_COUNT;
    Layout *slot = p->layouts[at];
    if (slot && slot->engine_layout) /* those in use must stay */
        return slot->engine_layout == engine ? slot : NULL;
    if (p->met[at] != engine) { /* most objects are the only one of their kind */
        p->met[at] = engine;
        return NULL;
    }
    if (!slot && !(slot = p->layouts[at] = malloc(sizeof *slot)))
        return NULL;
    slot->engine_layout = engine_dup_layout(engine);
    if (layout_write_keys(p, slot, count))
        return slot;
    layout_forget(p, slot);
    return NULL;
}

/* The common object, read without a look-up per property. PACK_CHANGED: script code that ran while
   a part was read has changed the object, so it has to be read in the other way. */
static int pack_record(Packer *p, JSValueConst object, void *engine, uint32_t count,
                       const Path *path, int depth)
{
    const Layout *kept = layout_kept(p, engine, count);
    pack_map_header(p->out, count);
    for (uint32_t i = 0, at = 0; i < count; i++) {
        if (!engine_has_layout(object, engine))
            return PACK_CHANGED;
        Path here = { .up = path, .key = engine_layout_key(engine, i) };
        if (kept)
            buffer_put(p->out, kept->text + at, kept->ends[i] - at), at = kept->ends[i];
        else if (!pack_key(p, p->out, here.key))
            return PACK_ERROR;
        JSValue value = engine_layout_value(object, i);
        int result = pack_value(p, value, &here, depth + 1);
        JS_FreeValue(p->ctx, value);
        if (result)
            return result;
    }
    return PACK_OK;
}

static int pack_properties(Packer *p, JSValueConst object, const Path *path, int depth)
{
    JSPropertyEnum *keys;
    uint32_t count;
    if (JS_GetOwnPropertyNames(p->ctx, &keys, &count, object,
                               JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return PACK_ERROR;
    pack_map_header(p->out, count);
    int result = PACK_OK;
    for (uint32_t i = 0; i < count && result == PACK_OK; i++) {
        JSAtom key = keys[i].atom;
        result = p->out->status ? full(p)
            : pack_property(p, key, JS_GetProperty(p->ctx, object, key), path, depth);
    }
    JS_FreePropertyEnum(p->ctx, keys, count);
    return result;
}

static int pack_plain(Packer *p, JSValueConst object, const Path *path, int depth)
{
    size_t start = p->out->len;
    uint32_t count;
    void *engine = engine_layout(p->ctx, object, &count);
    if (engine) {
        int result = pack_record(p, object, engine, count, path, depth);
        engine_free_layout(p->ctx, engine);
        if (result != PACK_CHANGED)
            return result;
        p->out->len = start;
    }
    return pack_properties(p, object, path, depth);
}

/* Map, Set, RegExp: the prelude turns them into an array with the built-ins it kept. */
static int pack_flattened(Packer *p, uint8_t type, JSValueConst v, const Path *path, int depth)
{
    JSValue array = JS_Call(p->ctx, p->codec->helpers->flatten, JS_UNDEFINED, 1, &v);
    if (JS_IsException(array))
        return PACK_ERROR;
    size_t at = ext_begin(p->out, type);
    int result = pack_array(p, array, path, depth);
    ext_end(p->out, at);
    JS_FreeValue(p->ctx, array);
    return result;
}

static int pack_date(Packer *p, JSValueConst v)
{
    double ms;
    JSValue number = JS_Call(p->ctx, p->codec->helpers->get_time, JS_UNDEFINED, 1, &v);
    if (JS_IsException(number) || JS_ToFloat64(p->ctx, &ms, number) < 0)
        return PACK_ERROR;
    uint64_t bits;
    memcpy(&bits, &ms, 8);
    buffer_byte(p->out, 0xd7); /* fixext 8 */
    buffer_tagged(p->out, EXT_DATE, bits, 8);
    return PACK_OK;
}

/* A text property of an Error; anything that is not a string counts as empty. */
static int pack_error_text(Packer *p, JSValueConst error, const char *key)
{
    JSValue text = JS_GetPropertyStr(p->ctx, error, key);
    if (JS_IsException(text))
        return PACK_ERROR;
    int result = PACK_OK;
    if (JS_IsString(text))
        result = pack_string(p, text);
    else
        pack_text(p->out, "", 0);
    JS_FreeValue(p->ctx, text);
    return result;
}

static int pack_error_part(Packer *p, JSValueConst error, const char *key, bool flagged,
                           const Path *path, int depth)
{
    JSAtom atom = JS_NewAtom(p->ctx, key);
    if (atom == JS_ATOM_NULL)
        return PACK_ERROR;
    Path here = { .up = path, .key = atom };
    int result = PACK_ERROR;
    int own = JS_GetOwnProperty(p->ctx, NULL, error, atom);
    if (own >= 0) {
        JSValue part = own ? JS_GetProperty(p->ctx, error, atom) : JS_NULL;
        if (flagged)
            buffer_byte(p->out, own ? 0xc3 : 0xc2);
        if (!JS_IsException(part))
            result = pack_value(p, part, &here, depth + 1);
        JS_FreeValue(p->ctx, part);
    }
    JS_FreeAtom(p->ctx, atom);
    return result;
}

static int pack_error(Packer *p, JSValueConst error, const Path *path, int depth)
{
    size_t at = ext_begin(p->out, EXT_ERROR);
    pack_array_header(p->out, 6);
    int result = pack_error_text(p, error, "name");
    if (!result)
        result = pack_error_text(p, error, "message");
    if (!result)
        result = pack_error_text(p, error, "stack");
    if (!result)
        result = pack_error_part(p, error, "cause", true, path, depth);
    if (!result)
        result = pack_error_part(p, error, "errors", false, path, depth);
    ext_end(p->out, at);
    return result;
}

static int pack_bytes(Packer *p, JSValueConst v, int typed, const Path *path)
{
    size_t size = 0, offset = 0, per_element;
    JSValue buffer = JS_UNDEFINED;
    if (typed >= 0)
        buffer = JS_GetTypedArrayBuffer(p->ctx, v, &offset, &size, &per_element);
    if (JS_IsException(buffer))
        return PACK_ERROR;
    size_t whole;
    uint8_t *bytes = JS_GetArrayBuffer(p->ctx, &whole, typed >= 0 ? buffer : v);
    if (typed < 0)
        size = whole;
    bool usable = offset <= whole && size <= whole - offset;
    JS_FreeValue(p->ctx, buffer); /* the typed array itself keeps it alive */
    if (!bytes && JS_HasException(p->ctx))
        return PACK_ERROR;
    if (!usable)
        return refuse(p, path, "is a view of a buffer that has become too small for it");
    if (!bytes)
        size = offset = 0;
    if (typed == JS_TYPED_ARRAY_UINT8) {
        pack_sized(p->out, 0xc4, size ? bytes + offset : NULL, size);
        return PACK_OK;
    }
    size_t at = ext_begin(p->out, typed < 0 ? EXT_BUFFER : EXT_TYPED);
    if (typed >= 0)
        buffer_byte(p->out, (uint8_t)typed);
    buffer_put(p->out, size ? bytes + offset : NULL, size);
    ext_end(p->out, at);
    return PACK_OK;
}

static int pack_object(Packer *p, JSValueConst v, const Path *path, int depth)
{
    if (JS_GetClassID(v) == p->codec->plain_object)
        return pack_plain(p, v, path, depth);
    if (JS_IsArray(v))
        return pack_array(p, v, path, depth);
    if (JS_IsFunction(p->ctx, v))
        return refuse(p, path, "is a function, which cannot leave the script");
    if (JS_IsPromise(v))
        return refuse(p, path, "is a promise; await it first");
    if (JS_IsDate(v))
        return pack_date(p, v);
    if (JS_IsMap(v))
        return pack_flattened(p, EXT_MAP, v, path, depth);
    if (JS_IsSet(v))
        return pack_flattened(p, EXT_SET, v, path, depth);
    if (JS_IsRegExp(v))
        return pack_flattened(p, EXT_REGEXP, v, path, depth);
    if (JS_IsError(v))
        return pack_error(p, v, path, depth);
    int typed = JS_GetTypedArrayType(v);
    if (typed >= 0 || JS_IsArrayBuffer(v))
        return pack_bytes(p, v, typed, path);
    if (JS_IsWeakMap(v) || JS_IsWeakSet(v) || JS_IsWeakRef(v))
        return refuse(p, path, "is a weak collection, which cannot leave the script");
    return pack_plain(p, v, path, depth);
}

/* An object inside a tree, or inside a graph's node. */
static int pack_reference(Packer *p, JSValueConst v, const Path *path, int depth)
{
    uint32_t number;
    int known = seen_add(&p->seen, JS_VALUE_GET_PTR(v), &number);
    if (known < 0) {
        JS_ThrowOutOfMemory(p->ctx);
        return PACK_ERROR;
    }
    if (!p->graph)
        return known ? PACK_SHARED : pack_object(p, v, path, depth);
    if (!known) {
        if (number >= p->node_capacity) {
            uint32_t capacity = p->node_capacity ? p->node_capacity * 2 : 64;
            JSValue *nodes = realloc(p->nodes, capacity * sizeof *nodes);
            if (!nodes) {
                JS_ThrowOutOfMemory(p->ctx);
                p->seen.count--; /* keeps the count equal to the owned nodes */
                return PACK_ERROR;
            }
            p->nodes = nodes;
            p->node_capacity = capacity;
        }
        p->nodes[number] = JS_DupValue(p->ctx, v);
    }
    buffer_byte(p->out, 0xd6); /* fixext 4 */
    buffer_tagged(p->out, EXT_REF, number, 4);
    return PACK_OK;
}

static int pack_value(Packer *p, JSValueConst v, const Path *path, int depth)
{
    int result = PACK_OK;
    switch (JS_VALUE_GET_NORM_TAG(v)) {
    case JS_TAG_NULL: pack_nil(p->out); break;
    case JS_TAG_UNDEFINED: ext_empty(p->out, EXT_UNDEFINED); break;
    case JS_TAG_BOOL: buffer_byte(p->out, JS_VALUE_GET_BOOL(v) ? 0xc3 : 0xc2); break;
    case JS_TAG_INT: pack_int(p->out, JS_VALUE_GET_INT(v)); break;
    case JS_TAG_FLOAT64: pack_number(p->out, JS_VALUE_GET_FLOAT64(v)); break;
    case JS_TAG_STRING:
    case JS_TAG_STRING_ROPE: result = pack_string(p, v); break;
    case JS_TAG_BIG_INT:
    case JS_TAG_SHORT_BIG_INT: result = pack_bigint(p, v); break;
    case JS_TAG_OBJECT:
        if (depth > CODEC_MAX_DEPTH)
            return refuse(p, path, "is nested too deeply");
        result = pack_reference(p, v, path, depth);
        break;
    case JS_TAG_SYMBOL: return refuse(p, path, "is a symbol, which cannot leave the script");
    default: return refuse(p, path, "is of a kind that cannot leave the script");
    }
    return result == PACK_OK && p->out->status ? full(p) : result;
}

static int pack_graph(Packer *p, JSValueConst root, const Path *path)
{
    size_t at = ext_begin(p->out, EXT_GRAPH);
    size_t count_at = p->out->len + 1;
    buffer_tagged(p->out, 0xdd, 0, 4);
    size_t mark = p->out->len;
    p->graph = true;
    int result = pack_reference(p, root, path, 0);
    p->out->len = mark; /* the root is node 0; nothing needs to say so */
    uint32_t i = 0;
    for (; i < p->seen.count && !result; i++) {
        Path here = { .root = "(shared value)" };
        result = p->out->status ? full(p) : pack_object(p, p->nodes[i], i ? &here : path, 0);
    }
    buffer_patch_u32(p->out, count_at, i);
    ext_end(p->out, at);
    for (uint32_t n = 0; n < p->seen.count; n++)
        JS_FreeValue(p->ctx, p->nodes[n]);
    free(p->nodes);
    return result;
}

int codec_pack(const Codec *codec, Buffer *out, JSValueConst value, const char *root,
               uint32_t number)
{
    Packer p = { .codec = codec, .ctx = codec->ctx, .out = out };
    Path path = { .root = root, .index = number };
    size_t start = out->len;
    if (engine_stack_is_short(p.ctx, PACK_STACK_BYTES)) { /* script code may call from anywhere */
        JS_ThrowRangeError(p.ctx, "Maximum call stack size exceeded");
        return -1;
    }
    int result = pack_value(&p, value, &path, 0);
    seen_free(&p.seen);
    if (result == PACK_SHARED) {
        out->len = start;
        result = pack_graph(&p, value, &path);
        seen_free(&p.seen);
    }
    for (int i = 0; i < LAYOUT_COUNT; i++) {
        if (p.layouts[i])
            layout_forget(&p, p.layouts[i]);
        free(p.layouts[i]);
    }
    if (result != PACK_OK) {
        out->len = start;
        return p.refused ? -2 : -1;
    }
    return 0;
}
