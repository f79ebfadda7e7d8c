/* JavaScript values -> MessagePack.

   A value is first written as a tree. When an object turns up for the second time (a shared
   reference or a cycle), what was written is dropped and the value is written as EXT_GRAPH: every
   object is a node, and an object inside a node is an EXT_REF. Trees, by far the common case, cost
   one table look-up per object for it.

   Script code runs in between (getters, proxies): nothing here holds a pointer into the JS heap
   across a property access without owning a reference. In tree mode the table of seen objects
   holds bare addresses; an address used again can only make us take the graph way, which owns a
   reference to each node. */
#include "pack.h"

#include <stdio.h>

#include "engine/internals.h"

/* What CODEC_MAX_DEPTH levels take, and a margin. */
enum { PACK_STACK_BYTES = 256 * 1024 };

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

int pack_refuse(Packer *p, const Path *path, const char *what)
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

int pack_full(Packer *p)
{
    if (p->out->status == BUFFER_NO_MEMORY)
        JS_ThrowOutOfMemory(p->ctx);
    else
        JS_ThrowRangeError(p->ctx, "value is larger than the %u bytes that may cross at a time",
                           (unsigned)p->out->limit);
    return PACK_ERROR;
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

int pack_array(Packer *p, JSValueConst array, const Path *path, int depth)
{
    int64_t length;
    if (JS_GetLength(p->ctx, array, &length) < 0)
        return PACK_ERROR;
    /* An element takes at least one byte, so a huge sparse array need not be walked to refuse it. */
    if ((uint64_t)length > p->out->limit - p->out->len) {
        p->out->status = BUFFER_FULL;
        return pack_full(p);
    }
    pack_array_header(p->out, (size_t)length);
    for (uint32_t i = 0; i < (uint32_t)length; i++) {
        int result = p->out->status ? pack_full(p) : pack_element(p, array, i, path, depth);
        if (result)
            return result;
    }
    return PACK_OK;
}

static int pack_object(Packer *p, JSValueConst v, const Path *path, int depth)
{
    if (JS_GetClassID(v) == p->codec->plain_object)
        return pack_plain(p, v, path, depth);
    if (JS_IsArray(v))
        return pack_array(p, v, path, depth);
    if (JS_IsFunction(p->ctx, v))
        return pack_refuse(p, path, "is a function, which cannot leave the script");
    if (JS_IsPromise(v))
        return pack_refuse(p, path, "is a promise; await it first");
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
        return pack_refuse(p, path, "is a weak collection, which cannot leave the script");
    if (engine_is_iterator(v))
        return pack_refuse(p, path, "is an iterator; make an array of it first: [...iterator]");
    return pack_plain(p, v, path, depth);
}

/* What stands for an object as a whole: the primitive in it, or the text of a URL. JS_UNINITIALIZED if nothing does. */
static JSValue stands_for(Packer *p, JSValueConst v)
{
    JSValue value;
    if (engine_unbox(v, &value))
        return value;
    if (!engine_is_private(p->ctx, v))
        return JS_UNINITIALIZED;
    value = JS_Call(p->ctx, p->codec->helpers->url_text, JS_UNDEFINED, 1, &v);
    return JS_IsUndefined(value) ? JS_UNINITIALIZED : value;
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

int pack_value(Packer *p, JSValueConst v, const Path *path, int depth)
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
            return pack_refuse(p, path, "is nested too deeply");
        JSValue whole = stands_for(p, v);
        if (JS_IsException(whole))
            return PACK_ERROR;
        if (!JS_IsUninitialized(whole)) {
            result = pack_value(p, whole, path, depth);
            JS_FreeValue(p->ctx, whole);
            return result;
        }
        result = pack_reference(p, v, path, depth);
        break;
    case JS_TAG_SYMBOL: return pack_refuse(p, path, "is a symbol, which cannot leave the script");
    default: return pack_refuse(p, path, "is of a kind that cannot leave the script");
    }
    return result == PACK_OK && p->out->status ? pack_full(p) : result;
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
        result = p->out->status ? pack_full(p) : pack_object(p, p->nodes[i], i ? &here : path, 0);
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
    pack_forget_layouts(&p);
    if (result != PACK_OK) {
        out->len = start;
        return p.refused ? -2 : -1;
    }
    return 0;
}
