/* Plain objects: those that come in numbers are read and written by what they look like, without a
   look-up per property. */
#include "engine/internals.h"
#include "pack.h"

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
    if (!count && engine_is_private(p->ctx, object)) {
        JS_FreePropertyEnum(p->ctx, keys, count);
        return pack_refuse(p, path, "has private fields only, which cannot leave the script; give what is needed of it");
    }
    pack_map_header(p->out, count);
    int result = PACK_OK;
    for (uint32_t i = 0; i < count && result == PACK_OK; i++) {
        JSAtom key = keys[i].atom;
        result = p->out->status ? pack_full(p)
            : pack_property(p, key, JS_GetProperty(p->ctx, object, key), path, depth);
    }
    JS_FreePropertyEnum(p->ctx, keys, count);
    return result;
}

int pack_plain(Packer *p, JSValueConst object, const Path *path, int depth)
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

void pack_forget_layouts(Packer *p)
{
    for (int i = 0; i < LAYOUT_COUNT; i++) {
        if (p->layouts[i])
            layout_forget(p, p->layouts[i]);
        free(p->layouts[i]);
    }
}
