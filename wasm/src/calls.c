/* The only way out of a script: granted functions whose calls become promises. The table here has
   each promise under an id that counts up and never repeats; script code has nothing to settle it
   with. */
#include <stdio.h>

#include "codec/msgpack_write.h"
#include "engine/internals.h"
#include "guest.h"

static JSValue call_error(JSContext *ctx, const char *name, const char *message)
{
    JSValue error = JS_NewError(ctx);
    if (JS_IsException(error))
        return error;
    JS_DefinePropertyValueStr(ctx, error, "name", JS_NewString(ctx, name),
                              JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    JS_DefinePropertyValueStr(ctx, error, "message", JS_NewString(ctx, message),
                              JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    return JS_Throw(ctx, error);
}

static void limit_error(JSContext *ctx, const char *name, const char *format, uint32_t limit)
{
    char message[160];
    snprintf(message, sizeof message, format, (unsigned)limit);
    call_error(ctx, name, message);
}

static bool calls_reserve(void)
{
    if (guest.call_count < guest.call_capacity)
        return true;
    uint32_t capacity = guest.call_capacity ? guest.call_capacity * 2 : 16;
    OpenCall *calls = realloc(guest.calls, capacity * sizeof *calls);
    if (!calls) {
        guest.no_memory = true;
        return false;
    }
    guest.calls = calls;
    guest.call_capacity = capacity;
    return true;
}

/* The buffer of the last call, for the next one. */
static Buffer spare_take(void)
{
    Buffer taken = guest.spare;
    buffer_init(&guest.spare, 0);
    taken.limit = guest.message_limit;
    taken.status = BUFFER_OK;
    taken.len = 0;
    return taken;
}

static void spare_give(Buffer *buffer)
{
    buffer_free(&guest.spare);
    guest.spare = *buffer;
}

/* Packs the arguments. Reading them may run script code (getters) that makes calls of its own, so
   they go into a buffer of their own first and the id is given afterwards. */
static int pack_arguments(JSContext *ctx, Buffer *packed, int argc, JSValueConst *argv)
{
    pack_array_header(packed, (size_t)argc);
    for (int i = 0; i < argc; i++)
        if (codec_pack(&guest.codec, packed, argv[i], "argument", (uint32_t)i + 1) < 0)
            return -1;
    if (packed->status == BUFFER_NO_MEMORY)
        guest.no_memory = true;
    if (packed->status)
        JS_ThrowRangeError(ctx, "the arguments are too large to leave the script");
    return packed->status ? -1 : 0;
}

static int post(JSContext *ctx, JSValueConst name, const Buffer *packed, JSValueConst promise)
{
    size_t len, mark = guest.outbox.len;
    const char *text = JS_ToCStringLen(ctx, &len, name);
    if (!text)
        return -1;
    pack_uint(&guest.outbox, guest.next_id);
    pack_text(&guest.outbox, text, len);
    buffer_put(&guest.outbox, packed->data, packed->len);
    JS_FreeCString(ctx, text);
    if (guest.outbox.status) {
        guest.no_memory |= guest.outbox.status == BUFFER_NO_MEMORY;
        guest.outbox.status = BUFFER_OK;
        guest.outbox.len = mark;
        JS_ThrowRangeError(ctx, "the calls of one step are too large; await some of them first");
        return -1;
    }
    guest.calls[guest.call_count++] =
        (OpenCall){ .id = guest.next_id++, .promise = JS_DupValue(ctx, promise),
                    .bytes = packed->len };
    guest.open_bytes += packed->len;
    guest.outbox_count++;
    guest.calls_left--;
    return 0;
}

static int open_call(JSContext *ctx, JSValueConst name, int argc, JSValueConst *argv,
                     JSValue *promise)
{
    int result = -1;
    if (JS_IsUndefined(guest.main)) {
        call_error(ctx, "Error", "no script is running");
        return -1;
    }
    Buffer packed = spare_take();
    if (pack_arguments(ctx, &packed, argc, argv) == 0) {
        if (!guest.calls_left)
            limit_error(ctx, "PTCCallBudgetExceeded",
                        "the script has made the %u calls that it may make; make fewer",
                        guest.calls_limit);
        else if (guest.call_count >= guest.calls_in_flight)
            limit_error(ctx, "TooManyCallsInFlight",
                        "%u calls are open, which is as many as may be; await some of them first",
                        guest.calls_in_flight);
        else if (packed.len > guest.open_limit - guest.open_bytes)
            limit_error(ctx, "RangeError",
                        "the arguments of calls that are open at a time may take %u bytes; await "
                        "some of the calls first, or pass less", (uint32_t)guest.open_limit);
        else if (!calls_reserve())
            JS_ThrowOutOfMemory(ctx);
        else {
            *promise = engine_new_promise(ctx);
            if (!JS_IsException(*promise)) {
                result = post(ctx, name, &packed, *promise);
                if (result < 0)
                    JS_FreeValue(ctx, *promise);
            }
        }
    }
    spare_give(&packed);
    return result;
}

/* What `tools.x(...)` runs: like an async function, it never throws, it rejects. */
static JSValue granted_call(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                            int magic, JSValueConst *data)
{
    JSValue promise;
    (void)this_val;
    (void)magic;
    if (open_call(ctx, data[0], argc, argv, &promise) == 0)
        return promise;
    JSValue error = JS_GetException(ctx);
    promise = JS_NewSettledPromise(ctx, true, error);
    JS_FreeValue(ctx, error);
    return promise;
}

static JSValue granted_function(JSContext *ctx, const char *name, size_t len)
{
    JSValue text = JS_NewStringLen(ctx, name, len);
    if (JS_IsException(text))
        return text;
    JSValueConst data[1] = { text };
    JSValue function = JS_NewCFunctionData(ctx, granted_call, 1, 0, 1, data);
    JS_FreeValue(ctx, text);
    return function;
}

static JSValue get_function(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                            int magic, JSValueConst *data)
{
    (void)this_val, (void)argc, (void)argv, (void)magic;
    return JS_DupValue(ctx, data[0]);
}

static JSValue get_tools(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                         int magic, JSValueConst *data)
{
    (void)this_val, (void)argc, (void)argv, (void)magic, (void)data;
    return JS_DupValue(ctx, guest.tools);
}

static JSValue refuse_change(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                             int magic, JSValueConst *data)
{
    (void)this_val, (void)argc, (void)argv, (void)magic;
    const char *name = JS_ToCString(ctx, data[0]);
    if (!name)
        return JS_EXCEPTION;
    JS_ThrowTypeError(ctx, "'%s' is granted to the script and cannot be changed; use another name",
                      name);
    JS_FreeCString(ctx, name);
    return JS_EXCEPTION;
}

/* Makes a granted global: an accessor that cannot be changed, so a script can put nothing else there
   for the scripts after it, and declare nothing that hides it. */
static int pin(JSValueConst global, JSAtom atom, JSCFunctionData *get, JSValueConst value)
{
    JSContext *ctx = guest.ctx;
    JSValue name = JS_AtomToString(ctx, atom);
    JSValueConst held[1] = { value }, named[1] = { name };
    JSValue getter = JS_NewCFunctionData(ctx, get, 0, 0, 1, held);
    JSValue setter = JS_NewCFunctionData(ctx, refuse_change, 1, 0, 1, named);
    JS_FreeValue(ctx, name);
    if (!JS_IsException(getter) && !JS_IsException(setter))
        return engine_pin(ctx, global, atom, getter, setter);
    JS_FreeValue(ctx, getter);
    JS_FreeValue(ctx, setter);
    return -1;
}

static int define_granted(JSValueConst on, Reader *names, bool global)
{
    JSContext *ctx = guest.ctx;
    const char *text;
    size_t len;
    if (!read_text(names, &text, &len))
        return JS_ThrowInternalError(ctx, "malformed message from the host"), -1;
    JSAtom atom = JS_NewAtomLen(ctx, text, len);
    if (atom == JS_ATOM_NULL)
        return -1;
    JSValue function = granted_function(ctx, text, len);
    int done = -1;
    if (!JS_IsException(function)) {
        JSValue name = JS_AtomToString(ctx, atom);
        JS_DefinePropertyValueStr(ctx, function, "name", name, JS_PROP_CONFIGURABLE);
        if (global) {
            done = pin(on, atom, get_function, function);
            JS_FreeValue(ctx, function);
        } else {
            done = JS_DefinePropertyValue(ctx, on, atom, function, JS_PROP_ENUMERABLE);
        }
    }
    JS_FreeAtom(ctx, atom);
    if (global) {
        buffer_put(&guest.functions, text, len);
        buffer_byte(&guest.functions, 0);
        guest.no_memory |= guest.functions.status != 0;
    }
    return done < 0 ? -1 : 0;
}

static void forget_functions(JSValueConst global)
{
    const char *name = (const char *)guest.functions.data;
    const char *end = name + guest.functions.len;
    while (name < end) {
        JSAtom atom = JS_NewAtom(guest.ctx, name);
        if (atom == JS_ATOM_NULL || engine_unpin(guest.ctx, global, atom) < 0)
            guest.no_memory = true;
        JS_FreeAtom(guest.ctx, atom);
        name += strlen(name) + 1;
    }
    guest.functions.len = 0;
}

/* Replaces what scripts are granted: `tools.<name>` for the first list, globals for the second. */
int calls_grant(Reader *names, uint32_t count, Reader *functions, uint32_t function_count)
{
    JSContext *ctx = guest.ctx;
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue tools = JS_NewObjectProto(ctx, JS_NULL);
    int result = JS_IsException(tools) ? -1 : 0;
    forget_functions(global);
    for (uint32_t i = 0; i < count && result == 0; i++)
        result = define_granted(tools, names, false);
    for (uint32_t i = 0; i < function_count && result == 0; i++)
        result = define_granted(global, functions, true);
    if (result == 0)
        result = JS_PreventExtensions(ctx, tools) < 0 ? -1 : 0;
    JS_FreeValue(ctx, guest.tools);
    guest.tools = result == 0 ? tools : JS_UNDEFINED;
    if (result < 0)
        JS_FreeValue(ctx, tools);
    JS_FreeValue(ctx, global);
    return result;
}

int calls_define_tools(JSValueConst global)
{
    JSAtom atom = JS_NewAtom(guest.ctx, "tools");
    int done = atom == JS_ATOM_NULL ? -1 : pin(global, atom, get_tools, JS_UNDEFINED);
    JS_FreeAtom(guest.ctx, atom);
    return done;
}

int calls_settle(uint32_t id, bool raised, JSValueConst value)
{
    uint32_t i = 0;
    while (i < guest.call_count && guest.calls[i].id != id)
        i++;
    if (i == guest.call_count)
        return -2;
    OpenCall call = guest.calls[i];
    guest.call_count--;
    guest.open_bytes -= call.bytes;
    memmove(&guest.calls[i], &guest.calls[i + 1], (guest.call_count - i) * sizeof *guest.calls);
    engine_settle(guest.ctx, call.promise, value, raised);
    JS_FreeValue(guest.ctx, call.promise);
    return 0;
}

/* Which call an Error comes from is kept under a private name, as `#x` of a class is: script code can
   neither see nor copy it, and no Proxy has it. */
int calls_boot(void)
{
    JSValue symbol = JS_NewPrivateSymbol(guest.ctx, "rejected by");
    guest.rejected_by = JS_IsException(symbol) ? JS_ATOM_NULL : JS_ValueToAtom(guest.ctx, symbol);
    JS_FreeValue(guest.ctx, symbol);
    return guest.rejected_by == JS_ATOM_NULL ? -1 : 0;
}

void calls_mark_error(JSValueConst error, uint32_t id)
{
    JS_DefinePropertyValue(guest.ctx, error, guest.rejected_by, JS_NewInt32(guest.ctx, (int32_t)id), 0);
}

uint32_t calls_marked(JSValueConst thrown)
{
    JSPropertyDescriptor mark;
    /* An own property, for any object can have a marked Error for its prototype. */
    if (!JS_IsError(thrown) || JS_GetOwnProperty(guest.ctx, &mark, thrown, guest.rejected_by) <= 0)
        return 0;
    return (uint32_t)JS_VALUE_GET_INT(mark.value);
}

void calls_clear(void)
{
    for (uint32_t i = 0; i < guest.call_count; i++)
        JS_FreeValue(guest.ctx, guest.calls[i].promise);
    guest.call_count = 0;
    guest.open_bytes = 0;
    guest.outbox.len = 0;
    guest.outbox_count = 0;
}
