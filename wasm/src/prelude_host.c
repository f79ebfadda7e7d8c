/* Evaluates prelude.js at boot and wires the two sides together. */
#include "engine/internals.h"
#include "guest.h"

/* Not const: it is cleared when it has done its work, so that no heap carries it along. */
static char prelude_source[] = {
#ifdef GUEST_NATIVE /* tests/native: compilers of before C23 have no #embed */
#include "prelude.inc"
#else
#embed "prelude.js"
#endif
    , 0
};

/* print(text): one entry of the console. What is beyond the limit is only counted. */
static JSValue print(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc;
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, argv[0]);
    if (!text)
        return JS_EXCEPTION;
    guest.console.limit = guest.console_limit + 1;
    size_t room = guest.console.limit - guest.console.len;
    size_t keep = len + 1 <= room ? len : room - (room > 0);
    while (keep < len && keep && ((uint8_t)text[keep] & 0xc0) == 0x80)
        keep--; /* not in the middle of a character */
    if (keep == len || keep) {
        buffer_put(&guest.console, text, keep);
        buffer_byte(&guest.console, '\n');
    }
    guest.console_dropped += len - keep;
    guest.no_memory |= guest.console.status == BUFFER_NO_MEMORY;
    guest.console.status = BUFFER_OK;
    JS_FreeCString(ctx, text);
    return JS_UNDEFINED;
}

static JSValue now(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc, (void)argv;
    return JS_NewFloat64(ctx, guest.now_ms);
}

/* toClear(): something is kept that goes when the script ends. */
static JSValue to_clear(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)ctx, (void)this_val, (void)argc, (void)argv;
    guest.to_clear = true;
    return JS_UNDEFINED;
}

static JSValue random_number(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc, (void)argv;
    return JS_NewFloat64(ctx, random_double());
}

/* fill(typedArray): overwrites it with random bytes. */
static JSValue random_fill(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc;
    size_t offset, size, per_element, whole;
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, argv[0], &offset, &size, &per_element);
    if (JS_IsException(buffer))
        return buffer;
    uint8_t *bytes = JS_GetArrayBuffer(ctx, &whole, buffer);
    JS_FreeValue(ctx, buffer);
    if (bytes && offset <= whole && size <= whole - offset)
        random_bytes(bytes + offset, size);
    return JS_DupValue(ctx, argv[0]);
}

/* classOf(value): the engine's own name for the kind of an object, which no script can change. */
static JSValue class_of(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc;
    if (!JS_IsObject(argv[0]))
        return JS_UNDEFINED;
    JSAtom name = JS_GetClassName(guest.rt, JS_GetClassID(argv[0]));
    JSValue text = JS_AtomToString(ctx, name);
    JS_FreeAtom(ctx, name);
    return text;
}

static JSValue is_proxy(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc;
    return JS_NewBool(ctx, JS_IsProxy(argv[0]));
}

/* proxyTarget(proxy): null when it is revoked. */
static JSValue proxy_target(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc;
    JSValue target = JS_GetProxyTarget(ctx, argv[0]);
    if (!JS_IsException(target))
        return target;
    JS_FreeValue(ctx, JS_GetException(ctx));
    return JS_NULL;
}

/* promise(promise): [rejected, value], or undefined while it is pending. */
static JSValue promise_state(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc;
    JSPromiseStateEnum state = JS_PromiseState(ctx, argv[0]);
    if (state != JS_PROMISE_FULFILLED && state != JS_PROMISE_REJECTED)
        return JS_UNDEFINED;
    JSValue pair = JS_NewArray(ctx);
    if (JS_IsException(pair))
        return pair;
    JS_DefinePropertyValueUint32(ctx, pair, 0, JS_NewBool(ctx, state == JS_PROMISE_REJECTED),
                                 JS_PROP_C_W_E);
    JS_DefinePropertyValueUint32(ctx, pair, 1, JS_PromiseResult(ctx, argv[0]), JS_PROP_C_W_E);
    return pair;
}

/* iteratorRest(iterator of a Map or Set): [whether it gives pairs, what it will still give]. */
static JSValue iterator_rest(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc;
    bool pairs = false;
    JSValue rest = engine_iterator_rest(ctx, argv[0], &pairs);
    JSValue answer = JS_IsException(rest) ? JS_EXCEPTION : JS_NewArray(ctx);
    if (JS_IsException(answer)) {
        JS_FreeValue(ctx, rest);
        return answer;
    }
    JS_DefinePropertyValueUint32(ctx, answer, 0, JS_NewBool(ctx, pairs), JS_PROP_C_W_E);
    JS_DefinePropertyValueUint32(ctx, answer, 1, rest, JS_PROP_C_W_E);
    return answer;
}

/* Whether a property name is an array index. */
static bool is_index(JSContext *ctx, JSValueConst name)
{
    size_t len;
    const char *text = JS_IsString(name) ? JS_ToCStringLen(ctx, &len, name) : NULL;
    if (!text)
        return false;
    bool index = len > 0 && len <= 10 && (text[0] != '0' || len == 1);
    uint64_t value = 0;
    for (size_t i = 0; index && i < len; i++) {
        index = text[i] >= '0' && text[i] <= '9';
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    JS_FreeCString(ctx, text);
    return index && value < UINT32_MAX;
}

/* keys(object, skipIndices): the names and symbols of its enumerable own properties. Indices come
   first and are not looked at when they are to be skipped: an array may have millions. */
static JSValue own_keys(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc;
    JSPropertyEnum *keys;
    uint32_t count, first = 0;
    int flags = JS_GPN_STRING_MASK | JS_GPN_SYMBOL_MASK | JS_GPN_ENUM_ONLY;
    if (JS_GetOwnPropertyNames(ctx, &keys, &count, argv[0], flags) < 0)
        return JS_EXCEPTION;
    if (JS_ToBool(ctx, argv[1])) {
        for (first = count; first > 0; first--) {
            JSValue name = JS_AtomToValue(ctx, keys[first - 1].atom);
            bool index = is_index(ctx, name);
            JS_FreeValue(ctx, name);
            if (index)
                break;
        }
    }
    JSValue names = JS_NewArray(ctx);
    for (uint32_t i = first; i < count && !JS_IsException(names); i++) {
        JSValue name = JS_AtomToValue(ctx, keys[i].atom);
        if (JS_DefinePropertyValueUint32(ctx, names, i - first, name, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, names);
            names = JS_EXCEPTION;
        }
    }
    JS_FreePropertyEnum(ctx, keys, count);
    return names;
}

static JSValue utf8_encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc;
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, argv[0]);
    if (!text)
        return JS_EXCEPTION;
    JSValue bytes = JS_NewUint8ArrayCopy(ctx, (const uint8_t *)text, len);
    JS_FreeCString(ctx, text);
    return bytes;
}

/* The length of the character at `at`, or 0 - n for n bytes that can be no part of one. */
static int utf8_character(const uint8_t *at, const uint8_t *end)
{
    uint8_t lead = *at, low = 0x80, high = 0xbf;
    int more = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2
             : lead < 0xf5 ? 3 : -1;
    if (more < 0)
        return -1;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
    for (int i = 1; i <= more; i++) {
        if (at + i >= end || at[i] < low || at[i] > high)
            return -i;
        low = 0x80, high = 0xbf;
    }
    return more + 1;
}

/* utf8Decode(bytes, strict): the text, with U+FFFD for each malformed part as the WHATWG standard
   counts them; undefined when strict and there is one. */
static JSValue utf8_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    (void)this_val, (void)argc;
    size_t offset, size, per_element, whole;
    JSValue holder = JS_GetTypedArrayBuffer(ctx, argv[0], &offset, &size, &per_element);
    if (JS_IsException(holder))
        return holder;
    uint8_t *data = JS_GetArrayBuffer(ctx, &whole, holder);
    JS_FreeValue(ctx, holder); /* the view keeps it */
    if (!data || offset > whole || size > whole - offset) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return JS_NewStringLen(ctx, "", 0);
    }
    const uint8_t *from = data + offset, *end = from + size;
    bool strict = JS_ToBool(ctx, argv[1]) != 0;
    Buffer text;
    buffer_init(&text, SIZE_MAX / 2);
    while (from < end) {
        const uint8_t *run = from;
        int step = 1;
        while (from < end && (step = utf8_character(from, end)) > 0)
            from += step;
        buffer_put(&text, run, (size_t)(from - run));
        if (step > 0)
            continue;
        if (strict) {
            buffer_free(&text);
            return JS_UNDEFINED;
        }
        buffer_put(&text, "\xef\xbf\xbd", 3);
        from -= step;
    }
    JSValue string = text.status ? JS_ThrowOutOfMemory(ctx)
                                 : JS_NewStringLen(ctx, (const char *)text.data, text.len);
    guest.no_memory |= text.status == BUFFER_NO_MEMORY;
    buffer_free(&text);
    return string;
}

static bool take(JSValueConst from, const char *name, JSValue *into)
{
    *into = JS_GetPropertyStr(guest.ctx, from, name);
    return JS_IsFunction(guest.ctx, *into);
}

static bool take_map(JSValueConst from, const char *name, JSValue *into)
{
    *into = JS_GetPropertyStr(guest.ctx, from, name);
    return JS_IsMap(*into);
}

static bool take_helpers(JSValueConst helpers)
{
    return take(helpers, "flatten", &guest.helpers.flatten)
        && take(helpers, "revive", &guest.helpers.revive)
        && take(helpers, "getTime", &guest.helpers.get_time)
        && take(helpers, "toHex", &guest.helpers.to_hex)
        && take(helpers, "fromHex", &guest.helpers.from_hex)
        && take(helpers, "urlText", &guest.helpers.url_text)
        && take(helpers, "describe", &guest.describe)
        && take(helpers, "showResult", &guest.show_result)
        && take(helpers, "runTimers", &guest.run_timers)
        && take(helpers, "nextTimer", &guest.next_timer)
        && take(helpers, "clearTimers", &guest.clear_timers)
        && take(helpers, "reportRejection", &guest.report_rejection)
        && take_map(helpers, "timers", &guest.timers);
}

static JSValue host_functions(JSContext *ctx)
{
    static const JSCFunctionListEntry list[] = {
        JS_CFUNC_DEF("print", 1, print),
        JS_CFUNC_DEF("now", 0, now),
        JS_CFUNC_DEF("toClear", 0, to_clear),
        JS_CFUNC_DEF("random", 0, random_number),
        JS_CFUNC_DEF("randomFill", 1, random_fill),
        JS_CFUNC_DEF("classOf", 1, class_of),
        JS_CFUNC_DEF("isProxy", 1, is_proxy),
        JS_CFUNC_DEF("proxyTarget", 1, proxy_target),
        JS_CFUNC_DEF("promise", 1, promise_state),
        JS_CFUNC_DEF("iteratorRest", 1, iterator_rest),
        JS_CFUNC_DEF("keys", 2, own_keys),
        JS_CFUNC_DEF("utf8Encode", 1, utf8_encode),
        JS_CFUNC_DEF("utf8Decode", 2, utf8_decode),
        JS_CFUNC_DEF("localeText", 2, locale_text),
    };
    JSValue host = JS_NewObject(ctx);
    if (!JS_IsException(host))
        JS_SetPropertyFunctionList(ctx, host, list, sizeof list / sizeof *list);
    return host;
}

/* Compiles the prelude without the text of its functions: scripts see them as native code, and
   heaps do not carry it. */
static JSValue compile_prelude(JSContext *ctx)
{
    size_t size;
    JSValue code = JS_Eval(ctx, prelude_source, sizeof prelude_source - 1, "prelude",
                           JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_STRICT | JS_EVAL_FLAG_COMPILE_ONLY);
#ifndef GUEST_NATIVE /* where it boots more than once */
    memset(prelude_source, 0, sizeof prelude_source);
#endif
    if (JS_IsException(code))
        return code;
    uint8_t *stripped = JS_WriteObject(ctx, &size, code,
                                       JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_SOURCE);
    JS_FreeValue(ctx, code);
    if (!stripped)
        return JS_EXCEPTION;
    code = JS_ReadObject(ctx, stripped, size, JS_READ_OBJ_BYTECODE);
    js_free(ctx, stripped);
    return JS_IsException(code) ? code : JS_EvalFunction(ctx, code);
}

int prelude_boot(void)
{
    JSContext *ctx = guest.ctx;
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue sample = JS_NewObject(ctx);
    guest.codec = (Codec){ ctx, &guest.helpers, JS_GetClassID(sample) };
    JS_FreeValue(ctx, sample);
    JSValue prelude = compile_prelude(ctx);
    JSValue host = host_functions(ctx);
    JSValueConst args[1] = { host };
    JSValue helpers = JS_Call(ctx, prelude, JS_UNDEFINED, 1, args);
    int status = JS_IsException(helpers) ? 3 : take_helpers(helpers) ? 0 : 4;
    if (status == 0 && grants_define_tools(global) < 0)
        status = 5;
    JS_FreeValues(ctx, prelude, host, helpers, global);
    return status;
}
