/* The guest as a whole: how it is made, one step (a message in, a reply out), and what it tidies up. */
#include "engine/internals.h"
#include "guest.h"

Guest guest;

/* The allocator of the engine. QuickJS's own accounting is not used: the linear memory is capped, which
   counts everything. A refused allocation marks the step; the host then undoes it, whatever the script
   made of it. */
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
    bool understood = message_handle(&in);
    if (guest.no_memory || guest.reply.status == BUFFER_NO_MEMORY)
        return (Reply){ no_memory, sizeof no_memory };
    if (guest.result_too_large)
        return (Reply){ too_large, sizeof too_large };
    if (!understood || guest.reply.status)
        return (Reply){ refused, sizeof refused };
    return (Reply){ guest.reply.data, guest.reply.len };
}

Buffer guest_take_buffer(size_t limit)
{
    Buffer taken = guest.spare;
    buffer_init(&guest.spare, 0);
    taken.limit = limit;
    taken.status = BUFFER_OK;
    taken.len = 0;
    return taken;
}

void guest_give_buffer(Buffer *buffer)
{
    enum { KEPT = 64 * 1024 };
    if (buffer->cap > KEPT)
        buffer_free(buffer);
    buffer_free(&guest.spare);
    guest.spare = *buffer;
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
    guest.rt = JS_NewRuntime2(&functions, NULL);
    if (!guest.rt)
        return 1;
    JS_SetMaxStackSize(guest.rt, stack_bytes);
    guest.ctx = JS_NewContext(guest.rt);
    if (!guest.ctx)
        return 2;
    if (script_boot() < 0)
        return 1;
    int status = calls_boot() < 0 ? 3 : prelude_boot();
    engine_collect(guest.rt, &guest.collected);
    return status;
}
