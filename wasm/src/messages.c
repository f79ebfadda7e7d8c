/* The messages of the host. wasm/README.md has them byte by byte. */
#include <math.h>

#include "engine/internals.h"
#include "guest.h"

enum { MESSAGE_START = 0, MESSAGE_DELIVER = 1, MESSAGE_ABORT = 2 };

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
static bool read_names(Reader *in, Names *names)
{
    const char *text;
    size_t len;
    if (!read_array_header(in, &names->count))
        return false;
    names->at = *in;
    for (uint32_t i = 0; i < names->count; i++)
        if (!read_text(in, &text, &len))
            return false;
    return true;
}

/* [0, now, seed | nil, limits, [tool names], [function names], [located names], filename, source] */
static bool start(Reader *in)
{
    Names tools, functions, located;
    const char *filename, *source;
    size_t filename_len, source_len;
    if (!read_entropy(in) || !read_limits(in) || !read_names(in, &tools)
        || !read_names(in, &functions) || !read_names(in, &located)
        || !read_text(in, &filename, &filename_len) || !read_text(in, &source, &source_len))
        return false;
    if (grants_replace(tools, functions, located) < 0) {
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
    script_evaluate(text + filename_len + 1, source_len, text);
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
    while (script_run_due_timer())
        script_run_jobs();
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
        script_run_jobs(); /* each result is seen before the next one, as separate deliveries would be */
    }
    script_run_jobs();
    script_conclude();
    return true;
}

bool message_handle(Reader *in)
{
    uint32_t parts;
    uint64_t kind;
    if (!read_array_header(in, &parts) || !read_uint(in, &kind) || !read_float(in, &guest.now_ms))
        return false;
    /* A date's range. Far beyond it a timer would be due again at once: adding to the time is no change. */
    if (!(fabs(guest.now_ms) <= 8.64e15))
        return false;
    bool running = !JS_IsUndefined(guest.main);
    if (kind == MESSAGE_START && !running && parts == 9)
        return start(in);
    if (kind == MESSAGE_DELIVER && running && parts == 4)
        return deliver(in);
    if (kind != MESSAGE_ABORT || parts != 2)
        return false;
    script_forget();
    script_run_jobs();
    reply_plain(REPLY_IDLE);
    return true;
}
