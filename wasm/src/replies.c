/* What the host is answered, and how a script ended. wasm/README.md has the replies byte by byte. */
#include <string.h>

#include "codec/msgpack_write.h"
#include "engine/internals.h"
#include "guest.h"

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

void reply_plain(int status)
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

void reply_thrown(int status, JSValueConst reason)
{
    JSValueConst args[1] = { reason };
    JSValue parts = JS_Call(guest.ctx, guest.describe, JS_UNDEFINED, 1, args);
    script_clear_rejections(true);
    script_forget();
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

void reply_exception(int status)
{
    JSValue error = JS_GetException(guest.ctx);
    reply_thrown(status, error);
    JS_FreeValue(guest.ctx, error);
}

void reply_error(const char *name, const char *message)
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

/* What the host is sent of a result that cannot be copied, for the reason that is the pending exception:
   [text, reason]. Takes the exception, and leaves none unless that fails as well. */
static int pack_shown(Buffer *packed, bool refused)
{
    JSValue error = JS_GetException(guest.ctx);
    JSValueConst args[3] = { guest.value, error, JS_NewBool(guest.ctx, refused) };
    JSValue parts = JS_Call(guest.ctx, guest.show_result, JS_UNDEFINED, 3, args);
    int done = JS_IsException(parts) ? -1 : codec_pack(&guest.codec, packed, parts, "result", 0);
    JS_FreeValue(guest.ctx, parts);
    JS_FreeValue(guest.ctx, error);
    return done;
}

/* Packing the result can run script code, even calls; those are never sent. */
void reply_completed(void)
{
    int status = REPLY_COMPLETED;
    Buffer packed = guest_take_buffer(guest.result_limit);
    int done = codec_pack(&guest.codec, &packed, guest.value, "result", 0);
    if (done < 0 && packed.status == BUFFER_OK) {
        done = pack_shown(&packed, done == -2);
        status = REPLY_SHOWN;
    }
    guest.no_memory |= packed.status == BUFFER_NO_MEMORY;
    guest.result_too_large = packed.status == BUFFER_FULL;
    if (done < 0) {
        reply_exception(REPLY_FAILED);
    } else {
        script_clear_rejections(true);
        script_forget();
        guest.reply.len = 0;
        reply_head(status);
        buffer_put(&guest.reply, packed.data, packed.len);
        pack_nil(&guest.reply);
    }
    guest_give_buffer(&packed);
}

void reply_suspended(void)
{
    double delay = 0;
    JSValue next = engine_map_is_empty(guest.timers) ? JS_UNDEFINED
                                                     : script_ask_prelude(guest.next_timer);
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
