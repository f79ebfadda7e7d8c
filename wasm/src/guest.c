/* The step: one message in, one reply out. wasm/README.md has the protocol byte by byte. */
#include <math.h>
#include <stdio.h>

#include "guest.h"
#include "internals.h"

enum { MESSAGE_START = 0, MESSAGE_DELIVER = 1, MESSAGE_ABORT = 2 };
enum { REPLY_COMPLETED = 0, REPLY_FAILED = 1, REPLY_SUSPENDED = 2, REPLY_IDLE = 3,
       REPLY_NO_MEMORY = 4, REPLY_REFUSED = 5, REPLY_TOO_LARGE = 6, REPLY_NO_COPY = 7 };
enum { MAX_REJECTIONS = 100 };

Guest guest;

/* --- memory ------------------------------------------------------------------------------- */

/* QuickJS's own accounting is not used: the linear memory is capped, which counts everything. A
   refused allocation marks the step; the host then undoes it, whatever the script made of it. */
static void *guest_malloc(void *opaque, size_t size)
{
    (void)opaque;
    void *p = malloc(size);
    guest.no_memory |= !p;
    return p;
}

static void *guest_calloc(void *opaque, size_t count, size_t size)
{
    (void)opaque;
    void *p = calloc(count, size);
    guest.no_memory |= !p;
    return p;
}

static void *guest_realloc(void *opaque, void *old, size_t size)
{
    (void)opaque;
    void *p = realloc(old, size);
    guest.no_memory |= !p && size;
    return p;
}

static void guest_free(void *opaque, void *p)
{
    (void)opaque;
    free(p);
}

extern size_t malloc_usable_size(void *p);

static size_t guest_usable_size(const void *p)
{
    return malloc_usable_size((void *)p);
}

/* --- what a step collects ----------------------------------------------------------------- */

static void on_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, bool handled,
                         void *opaque)
{
    (void)reason, (void)opaque;
    if (!handled) {
        if (guest.rejection_count < MAX_REJECTIONS)
            guest.rejections[guest.rejection_count++] = JS_DupValue(ctx, promise);
        return;
    }
    for (uint32_t i = 0; i < guest.rejection_count; i++) {
        if (JS_VALUE_GET_PTR(guest.rejections[i]) != JS_VALUE_GET_PTR(promise))
            continue;
        JS_FreeValue(ctx, guest.rejections[i]);
        guest.rejections[i] = guest.rejections[--guest.rejection_count];
        return;
    }
}

static void clear_rejections(bool report)
{
    for (uint32_t i = 0; i < guest.rejection_count; i++) {
        JSValue promise = guest.rejections[i];
        if (report) {
            JSValue reason = JS_PromiseResult(guest.ctx, promise);
            JSValueConst args[1] = { reason };
            JS_FreeValue(guest.ctx, JS_Call(guest.ctx, guest.report_rejection, JS_UNDEFINED, 1,
                                            args));
            JS_FreeValue(guest.ctx, reason);
        }
        JS_FreeValue(guest.ctx, promise);
    }
    guest.rejection_count = 0;
}

static void run_jobs(void)
{
    JSContext *ctx;
    int more;
    while ((more = JS_ExecutePendingJob(guest.rt, &ctx)) != 0) {
        if (more < 0) /* a job's own exception has nowhere to go: promises carry theirs */
            JS_FreeValue(ctx, JS_GetException(ctx));
    }
}

/* Calls a function of the prelude that takes nothing. Those throw only when memory or stack ends:
   then undefined. */
static JSValue ask_prelude(JSValueConst function)
{
    JSValue answer = JS_Call(guest.ctx, function, JS_UNDEFINED, 0, NULL);
    if (!JS_IsException(answer))
        return answer;
    JS_FreeValue(guest.ctx, JS_GetException(guest.ctx));
    return JS_UNDEFINED;
}

static bool run_due_timer(void)
{
    if (engine_map_is_empty(guest.timers))
        return false;
    JSValue ran = ask_prelude(guest.run_timers);
    bool more = JS_IsBool(ran) && JS_VALUE_GET_BOOL(ran);
    JS_FreeValue(guest.ctx, ran);
    return more;
}

static void forget_script(void)
{
    calls_clear();
    clear_rejections(false);
    JS_FreeValue(guest.ctx, guest.main);
    JS_FreeValue(guest.ctx, guest.value);
    guest.main = guest.value = JS_UNDEFINED;
    guest.unwrapped = guest.fulfilled = false;
    JS_FreeValue(guest.ctx, ask_prelude(guest.clear_timers));
}

/* --- replies ------------------------------------------------------------------------------ */

static void reply_head(int status)
{
    pack_array_header(&guest.reply, 6);
    pack_uint(&guest.reply, (uint64_t)status);
    pack_text(&guest.reply, (const char *)guest.console.data, guest.console.len);
    pack_uint(&guest.reply, guest.console_dropped);
    pack_array_header(&guest.reply, (size_t)guest.outbox_count * 3);
    if (guest.outbox.len)
        buffer_put(&guest.reply, guest.outbox.data, guest.outbox.len);
}

static void reply_plain(int status)
{
    guest.reply.len = 0;
    reply_head(status);
    pack_nil(&guest.reply);
    pack_nil(&guest.reply);
}

/* The call that was rejected with this. */
static void pack_call(JSValueConst reason)
{
    uint32_t id = calls_marked(reason);
    if (id)
        pack_uint(&guest.reply, id);
    else
        pack_nil(&guest.reply);
}

static void reply_thrown(int status, JSValueConst reason)
{
    JSValueConst args[1] = { reason };
    JSValue parts = JS_Call(guest.ctx, guest.describe, JS_UNDEFINED, 1, args);
    clear_rejections(true);
    forget_script();
    guest.reply.len = 0;
    reply_head(status);
    if (JS_IsException(parts) || codec_pack(&guest.codec, &guest.reply, parts, "error", 0) < 0) {
        JS_FreeValue(guest.ctx, JS_GetException(guest.ctx));
        guest.reply.status = guest.reply.status == BUFFER_FULL ? BUFFER_OK : guest.reply.status;
        pack_array_header(&guest.reply, 3);
        pack_text(&guest.reply, "Error", 5);
        pack_text(&guest.reply, "(an error that cannot be described)", 35);
        pack_text(&guest.reply, "", 0);
    }
    pack_call(reason);
    JS_FreeValue(guest.ctx, parts);
}

static void reply_exception(int status)
{
    JSValue error = JS_GetException(guest.ctx);
    reply_thrown(status, error);
    JS_FreeValue(guest.ctx, error);
}

static void reply_error(const char *name, const char *message)
{
    JSValue error = JS_NewError(guest.ctx);
    JS_DefinePropertyValueStr(guest.ctx, error, "name", JS_NewString(guest.ctx, name),
                              JS_PROP_C_W_E);
    JS_DefinePropertyValueStr(guest.ctx, error, "message", JS_NewString(guest.ctx, message),
                              JS_PROP_C_W_E);
    JS_DefinePropertyValueStr(guest.ctx, error, "stack", JS_NewString(guest.ctx, ""),
                              JS_PROP_C_W_E);
    reply_thrown(REPLY_FAILED, error);
    JS_FreeValue(guest.ctx, error);
}

/* Packing the result can run script code, even calls; those are never sent. */
static void reply_completed(void)
{
    Buffer packed;
    buffer_init(&packed, guest.result_limit);
    int done = codec_pack(&guest.codec, &packed, guest.value, "result", 0);
    guest.no_memory |= packed.status == BUFFER_NO_MEMORY;
    guest.result_too_large = packed.status == BUFFER_FULL;
    if (done < 0) {
        reply_exception(done == -2 ? REPLY_NO_COPY : REPLY_FAILED);
    } else {
        clear_rejections(true);
        forget_script();
        guest.reply.len = 0;
        reply_head(REPLY_COMPLETED);
        buffer_put(&guest.reply, packed.data, packed.len);
        pack_nil(&guest.reply);
    }
    buffer_free(&packed);
}

static void reply_suspended(void)
{
    double delay = 0;
    JSValue next = engine_map_is_empty(guest.timers) ? JS_UNDEFINED
                                                     : ask_prelude(guest.next_timer);
    bool waits = JS_IsNumber(next) && JS_ToFloat64(guest.ctx, &delay, next) == 0;
    JS_FreeValue(guest.ctx, next);
    if (!guest.call_count && !waits) {
        reply_error("Deadlock", "the script waits for a promise that nothing can settle: no call "
                                "and no timer is open");
        return;
    }
    guest.reply.len = 0;
    reply_head(REPLY_SUSPENDED);
    pack_nil(&guest.reply);
    if (waits) {
        uint64_t bits;
        memcpy(&bits, &delay, 8);
        buffer_tagged(&guest.reply, 0xcb, bits, 8);
    } else {
        pack_nil(&guest.reply);
    }
}

/* --- the script's course ------------------------------------------------------------------ */

/* The promise of an async global evaluation resolves to { value: last expression }; when that is a
   promise itself, the script has forgotten an `await`, and we wait as it would have. */
static bool adopt_value(void)
{
    JSValue value = JS_PromiseResult(guest.ctx, guest.main);
    if (!guest.unwrapped) {
        JSValue wrapper = value;
        value = JS_GetPropertyStr(guest.ctx, wrapper, "value");
        JS_FreeValue(guest.ctx, wrapper);
        guest.unwrapped = true;
    }
    if (JS_IsPromise(value)) {
        JS_PromiseMarkAsHandled(guest.ctx, value);
        JS_FreeValue(guest.ctx, guest.main);
        guest.main = value;
        return false;
    }
    guest.value = value;
    guest.fulfilled = true;
    return true;
}

/* A script has completed when its body has, and every call it made is answered. */
static void conclude(void)
{
    while (!guest.fulfilled) {
        JSPromiseStateEnum state = JS_PromiseState(guest.ctx, guest.main);
        if (state == JS_PROMISE_PENDING) {
            reply_suspended();
            return;
        }
        if (state == JS_PROMISE_REJECTED) {
            JSValue reason = JS_PromiseResult(guest.ctx, guest.main);
            reply_thrown(REPLY_FAILED, reason);
            JS_FreeValue(guest.ctx, reason);
            return;
        }
        if (!adopt_value())
            run_jobs();
    }
    if (guest.call_count)
        reply_suspended();
    else
        reply_completed();
}

static void evaluate(const char *source, size_t len, const char *filename)
{
    JSEvalOptions options = {
        .version = JS_EVAL_OPTIONS_VERSION,
        .eval_flags = JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_ASYNC,
        .filename = filename,
        .line_num = 1,
    };
    snprintf(guest.filename, sizeof guest.filename, "%s", filename);
    guest.main = JS_NULL; /* calls are allowed from here on */
    JSValue main = JS_Eval2(guest.ctx, source, len, &options);
    if (JS_IsException(main)) {
        guest.main = JS_UNDEFINED;
        reply_exception(REPLY_FAILED);
        return;
    }
    guest.main = main;
    JS_PromiseMarkAsHandled(guest.ctx, main);
    run_jobs();
    conclude();
}

/* 32 bytes, or nil: of randomness, the first of a guest or more of it. */
static bool read_entropy(Reader *in)
{
    const uint8_t *bytes;
    size_t len;
    if (read_nil(in))
        return guest.seeded;
    if (!read_bin(in, &bytes, &len) || len != 32)
        return false;
    if (guest.seeded)
        random_mix(bytes);
    else
        random_seed(bytes);
    return guest.seeded = true;
}

/* [calls, in flight, open, console, message, result bytes] */
static bool read_limits(Reader *in)
{
    enum { LIMITS = 6 };
    uint64_t limits[LIMITS];
    uint32_t count;
    if (!read_array_header(in, &count) || count != LIMITS)
        return false;
    for (int i = 0; i < LIMITS; i++)
        if (!read_uint(in, &limits[i]) || limits[i] > UINT32_MAX)
            return false;
    guest.calls_limit = guest.calls_left = (uint32_t)limits[0];
    guest.calls_in_flight = (uint32_t)limits[1];
    guest.open_limit = (size_t)limits[2];
    guest.console_limit = (size_t)limits[3];
    guest.message_limit = guest.outbox.limit = guest.reply.limit = (size_t)limits[4];
    guest.reply.limit += guest.console_limit + 4096;
    guest.result_limit = (size_t)limits[5];
    return true;
}

/* Skips an array of texts, and gives where they begin. */
static bool read_names(Reader *in, Reader *names, uint32_t *count)
{
    const char *text;
    size_t len;
    if (!read_array_header(in, count))
        return false;
    *names = *in;
    for (uint32_t i = 0; i < *count; i++)
        if (!read_text(in, &text, &len))
            return false;
    return true;
}

/* [0, now, seed | nil, limits, [tool names], [function names], filename, source] */
static bool start(Reader *in)
{
    Reader tools, functions;
    uint32_t tool_count, function_count;
    const char *filename, *source;
    size_t filename_len, source_len;
    if (!read_entropy(in) || !read_limits(in) || !read_names(in, &tools, &tool_count)
        || !read_names(in, &functions, &function_count)
        || !read_text(in, &filename, &filename_len) || !read_text(in, &source, &source_len))
        return false;
    if (calls_grant(&tools, tool_count, &functions, function_count) < 0) {
        reply_exception(REPLY_FAILED);
        return true;
    }
    char *text = malloc(filename_len + source_len + 2);
    if (!text) {
        guest.no_memory = true;
        return true;
    }
    memcpy(text, filename, filename_len);
    text[filename_len] = 0;
    memcpy(text + filename_len + 1, source, source_len);
    text[filename_len + 1 + source_len] = 0;
    evaluate(text + filename_len + 1, source_len, text);
    free(text);
    return true;
}

static JSValue unpack_error(Reader *in)
{
    const char *name, *message;
    size_t name_len, message_len;
    uint32_t parts;
    if (!read_array_header(in, &parts) || parts != 2 || !read_text(in, &name, &name_len)
        || !read_text(in, &message, &message_len))
        return JS_EXCEPTION;
    JSValue error = engine_new_error(guest.ctx);
    if (JS_IsException(error))
        return error;
    JS_DefinePropertyValueStr(guest.ctx, error, "name",
                              JS_NewStringLen(guest.ctx, name, name_len),
                              JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    JS_DefinePropertyValueStr(guest.ctx, error, "message",
                              JS_NewStringLen(guest.ctx, message, message_len),
                              JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    return error;
}

/* [1, now, entropy | nil, [id, raised, value | [name, message], id, ...]]; no results: only time has
   passed. */
static bool deliver(Reader *in)
{
    uint32_t parts;
    uint64_t id, raised;
    if (!read_entropy(in) || !read_array_header(in, &parts) || parts % 3)
        return false;
    while (run_due_timer())
        run_jobs();
    for (uint32_t i = 0; i < parts; i += 3) {
        if (!read_uint(in, &id) || id > UINT32_MAX || !read_uint(in, &raised))
            return false;
        JSValue value = raised ? unpack_error(in) : codec_unpack(&guest.codec, in);
        if (JS_IsException(value))
            return false;
        if (raised)
            calls_mark_error(value, (uint32_t)id);
        int settled = calls_settle((uint32_t)id, raised != 0, value);
        JS_FreeValue(guest.ctx, value);
        if (settled < 0)
            return false;
        run_jobs(); /* each result is seen before the next one, as separate deliveries would be */
    }
    run_jobs();
    conclude();
    return true;
}

static bool handle(Reader *in)
{
    uint32_t parts;
    uint64_t kind;
    if (!read_array_header(in, &parts) || !read_uint(in, &kind) || !read_float(in, &guest.now_ms))
        return false;
    /* A date's range. Far beyond it a timer would be due again at once: adding to the time is no change. */
    if (!(fabs(guest.now_ms) <= 8.64e15))
        return false;
    bool running = !JS_IsUndefined(guest.main);
    if (kind == MESSAGE_START && !running && parts == 8)
        return start(in);
    if (kind == MESSAGE_DELIVER && running && parts == 4)
        return deliver(in);
    if (kind != MESSAGE_ABORT || parts != 2)
        return false;
    forget_script();
    run_jobs();
    reply_plain(REPLY_IDLE);
    return true;
}

/* --- the step ----------------------------------------------------------------------------- */

Reply guest_step(const uint8_t *message, size_t size)
{
    static const uint8_t no_memory[] = { 0x91, REPLY_NO_MEMORY };
    static const uint8_t refused[] = { 0x91, REPLY_REFUSED };
    static const uint8_t too_large[] = { 0x91, REPLY_TOO_LARGE };
    Reader in = { message, message + size };
    guest.no_memory = guest.result_too_large = false;
    guest.console.len = guest.outbox.len = guest.reply.len = 0;
    guest.console.status = guest.outbox.status = guest.reply.status = BUFFER_OK;
    guest.outbox_count = 0;
    guest.console_dropped = 0;
    bool understood = handle(&in);
    if (guest.no_memory || guest.reply.status == BUFFER_NO_MEMORY)
        return (Reply){ no_memory, sizeof no_memory };
    if (guest.result_too_large)
        return (Reply){ too_large, sizeof too_large };
    if (!understood || guest.reply.status)
        return (Reply){ refused, sizeof refused };
    return (Reply){ guest.reply.data, guest.reply.len };
}

void guest_tidy(void)
{
    buffer_free(&guest.reply);
    buffer_free(&guest.spare);
    buffer_free(&guest.outbox);
    buffer_free(&guest.console);
    engine_collect(guest.rt, &guest.collected);
}

int guest_boot(size_t stack_bytes)
{
    static const JSMallocFunctions functions = {
        guest_calloc, guest_malloc, guest_free, guest_realloc, guest_usable_size,
    };
    guest.tools = guest.main = guest.value = JS_UNDEFINED;
    guest.next_id = 1;
    buffer_init(&guest.functions, 1 << 16);
    guest.message_limit = guest.outbox.limit = guest.console.limit = guest.reply.limit = 1 << 20;
    guest.rejections = calloc(MAX_REJECTIONS, sizeof *guest.rejections);
    guest.rt = JS_NewRuntime2(&functions, NULL);
    if (!guest.rejections || !guest.rt)
        return 1;
    JS_SetMaxStackSize(guest.rt, stack_bytes);
    guest.ctx = JS_NewContext(guest.rt);
    if (!guest.ctx)
        return 2;
    JS_SetHostPromiseRejectionTracker(guest.rt, on_rejection, NULL);
    int status = calls_boot() < 0 ? 3 : prelude_boot();
    engine_collect(guest.rt, &guest.collected);
    return status;
}
