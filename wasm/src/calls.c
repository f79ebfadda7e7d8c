/* The only way out of a script: calls of granted functions become promises. The table here has each
   promise under an id that counts up and never repeats; script code has nothing to settle it with. */
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

/* The call's id, with line and column of the script where it is made, if the host wants to know them. */
static void pack_id(bool located)
{
    int column = 0;
    bool entered;
    int line = located ? engine_line(guest.rt, guest.filename, &column, &entered) : 0;
    if (line > 0)
        pack_array_header(&guest.outbox, 3);
    pack_uint(&guest.outbox, guest.next_id);
    if (line > 0) {
        pack_uint(&guest.outbox, (uint64_t)line);
        pack_uint(&guest.outbox, (uint64_t)(column > 0 ? column : 1));
    }
}

static int post(JSContext *ctx, JSValueConst name, bool located, const Buffer *packed,
                JSValueConst promise)
{
    size_t len, mark = guest.outbox.len;
    const char *text = JS_ToCStringLen(ctx, &len, name);
    if (!text)
        return -1;
    pack_id(located);
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
                    .name = JS_DupValue(ctx, name), .bytes = packed->len };
    guest.open_bytes += packed->len;
    guest.outbox_count++;
    guest.calls_left--;
    return 0;
}

static int open_call(JSContext *ctx, JSValueConst name, bool located, int argc, JSValueConst *argv,
                     JSValue *promise)
{
    int result = -1;
    if (JS_IsUndefined(guest.main)) {
        call_error(ctx, "Error", "no script is running");
        return -1;
    }
    Buffer packed = guest_take_buffer(guest.message_limit);
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
                result = post(ctx, name, located, &packed, *promise);
                if (result < 0)
                    JS_FreeValue(ctx, *promise);
            }
        }
    }
    guest_give_buffer(&packed);
    return result;
}

/* What `tools.x(...)` runs: like an async function, it never throws, it rejects. */
JSValue calls_make(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv,
                   int located, JSValueConst *data)
{
    JSValue promise;
    (void)this_val;
    if (open_call(ctx, data[0], located, argc, argv, &promise) == 0)
        return promise;
    JSValue error = JS_GetException(ctx);
    promise = JS_NewSettledPromise(ctx, true, error);
    JS_FreeValue(ctx, error);
    return promise;
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
    JS_FreeValue(guest.ctx, call.name);
    return 0;
}

/* Writes a name as an error message shows it, if that is short and would stand so in a program. */
static bool short_name(JSContext *ctx, const char *name, char *into, size_t size)
{
    size_t len = name ? strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$") : 0;
    bool shown = len > 0 && len < size && !name[len];
    memcpy(into, shown ? name : "", shown ? len + 1 : 1);
    JS_FreeCString(ctx, name);
    return shown;
}

/* What the open call is written as that has this promise: tools.x(...), or x(...) if that is global. */
static bool call_text(JSContext *ctx, JSValueConst promise, char *text, size_t size)
{
    char name[60];
    uint32_t i = 0;
    while (i < guest.call_count
           && JS_VALUE_GET_PTR(guest.calls[i].promise) != JS_VALUE_GET_PTR(promise))
        i++;
    if (i == guest.call_count
        || !short_name(ctx, JS_ToCString(ctx, guest.calls[i].name), name, sizeof name))
        return false;
    snprintf(text, size, "%s%s(...)", grants_is_function(name) ? "" : "tools.", name);
    return true;
}

/* A program reads of a promise what only the call's result has: somebody forgot to await it. */
static void throw_unawaited(JSContext *ctx, JSValueConst promise, JSAtom property)
{
    char call[80], name[40] = "";
    bool known = call_text(ctx, promise, call, sizeof call);
    const char *text = known ? call : "promise";
    const char *is = known ? " is a promise" : ": this is a promise of tool calls";
    if (property != JS_ATOM_NULL)
        short_name(ctx, JS_AtomToCString(ctx, property), name, sizeof name);
    bool index = name[0] >= '0' && name[0] <= '9';
    const char *open = index ? "[" : ".", *close = index ? "]" : "";
    if (name[0])
        JS_ThrowTypeError(ctx, "%s%s; await it first: (await %s)%s%s%s", known ? call : name, is, text,
                          open, name, close);
    else
        JS_ThrowTypeError(ctx, "%s%s; await it first: await %s%s", known ? call : "await", is, text,
                          known ? "" : ", or await Promise.all(list)");
}

/* Which call an Error comes from is kept under a private name, as `#x` of a class is: script code can
   neither see nor copy it, and no Proxy has it. */
int calls_boot(void)
{
    JSValue symbol = JS_NewPrivateSymbol(guest.ctx, "rejected by");
    guest.rejected_by = JS_IsException(symbol) ? JS_ATOM_NULL : JS_ValueToAtom(guest.ctx, symbol);
    JS_FreeValue(guest.ctx, symbol);
    engine_watch_promises(throw_unawaited);
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

/* Calls of a step that fails are never told of, so the next ones have their numbers. */
void calls_clear(void)
{
    guest.next_id -= guest.outbox_count;
    for (uint32_t i = 0; i < guest.call_count; i++) {
        JS_FreeValue(guest.ctx, guest.calls[i].promise);
        JS_FreeValue(guest.ctx, guest.calls[i].name);
    }
    guest.call_count = 0;
    guest.open_bytes = 0;
    guest.outbox.len = 0;
    guest.outbox_count = 0;
}
