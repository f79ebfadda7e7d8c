/* The kinds of value that have an extension type, and text. Each appends one value to `p->out`, or
   gives PACK_ERROR. */
#include "pack.h"

int pack_string(Packer *p, JSValueConst v)
{
    size_t len;
    const char *text = JS_ToCStringLen(p->ctx, &len, v);
    if (!text)
        return PACK_ERROR;
    pack_text(p->out, text, len);
    JS_FreeCString(p->ctx, text);
    return PACK_OK;
}

int pack_bigint(Packer *p, JSValueConst v)
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

/* Map, Set, RegExp: the prelude turns them into an array with the built-ins it kept. */
int pack_flattened(Packer *p, uint8_t type, JSValueConst v, const Path *path, int depth)
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

int pack_date(Packer *p, JSValueConst v)
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

int pack_error(Packer *p, JSValueConst error, const Path *path, int depth)
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

int pack_bytes(Packer *p, JSValueConst v, int typed, const Path *path)
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
        return pack_refuse(p, path, "is a view of a buffer that has become too small for it");
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
