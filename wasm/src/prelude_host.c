/* Evaluates prelude.js at boot and wires the two sides together. */
#include "guest.h"

static const char prelude_source[] = {
#embed "prelude.js"
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

static bool take(JSValueConst from, const char *name, JSValue *into)
{
    *into = JS_GetPropertyStr(guest.ctx, from, name);
    return JS_IsFunction(guest.ctx, *into);
}

static bool take_helpers(JSValueConst helpers)
{
    return take(helpers, "flatten", &guest.helpers.flatten)
        && take(helpers, "revive", &guest.helpers.revive)
        && take(helpers, "getTime", &guest.helpers.get_time)
        && take(helpers, "toHex", &guest.helpers.to_hex)
        && take(helpers, "fromHex", &guest.helpers.from_hex)
        && take(helpers, "describe", &guest.describe)
        && take(helpers, "runTimers", &guest.run_timers)
        && take(helpers, "nextTimer", &guest.next_timer)
        && take(helpers, "clearTimers", &guest.clear_timers)
        && take(helpers, "reportRejection", &guest.report_rejection);
}

static JSValue host_functions(JSContext *ctx)
{
    static const JSCFunctionListEntry list[] = {
        JS_CFUNC_DEF("print", 1, print),
        JS_CFUNC_DEF("now", 0, now),
        JS_CFUNC_DEF("random", 0, random_number),
        JS_CFUNC_DEF("randomFill", 1, random_fill),
    };
    JSValue host = JS_NewObject(ctx);
    if (!JS_IsException(host))
        JS_SetPropertyFunctionList(ctx, host, list, sizeof list / sizeof *list);
    return host;
}

int prelude_boot(void)
{
    JSContext *ctx = guest.ctx;
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue sample = JS_NewObject(ctx);
    guest.codec = (Codec){ ctx, &guest.helpers, JS_GetClassID(sample) };
    JS_FreeValue(ctx, sample);
    JSValue prelude = JS_Eval(ctx, prelude_source, sizeof prelude_source - 1, "prelude",
                              JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_STRICT);
    JSValue host = host_functions(ctx);
    JSValueConst args[1] = { host };
    JSValue helpers = JS_Call(ctx, prelude, JS_UNDEFINED, 1, args);
    int status = JS_IsException(helpers) ? 3 : take_helpers(helpers) ? 0 : 4;
    if (status == 0 && calls_define_tools(global) < 0)
        status = 5;
    JS_FreeValues(ctx, prelude, host, helpers, global);
    return status;
}
