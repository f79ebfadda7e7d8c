/* What the module exports, and all that only makes sense in a linear memory. */
#include "engine/internals.h"
#include "guest.h"

#define EXPORT(name) __attribute__((export_name(name)))

static uint8_t small_mailbox[16384];
static size_t small_used; /* of it, since it was zero */
static uint8_t *large_mailbox; /* for one message that does not fit */

/* Where the host writes its next message of `size` bytes; 0: no memory. For small messages always
   the same place, so that the host need not ask. */
EXPORT("mailbox") uint8_t *mailbox(size_t size)
{
    free(large_mailbox);
    large_mailbox = NULL;
    if (size <= sizeof small_mailbox)
        return small_mailbox;
    return large_mailbox = malloc(size);
}

/* Handles the message of `size` bytes in the mailbox: address and length of the reply, in the high
   and low half. The reply stays until the next call of an export. */
EXPORT("step") uint64_t step(size_t size)
{
    const uint8_t *message = size > sizeof small_mailbox ? large_mailbox : small_mailbox;
    if (message == small_mailbox && size > small_used)
        small_used = size;
    Reply reply = guest_step(message, message ? size : 0);
    free(large_mailbox);
    large_mailbox = NULL;
    return (uint64_t)(uintptr_t)reply.data << 32 | reply.len;
}

/* Before a snapshot: collects garbage, gives back what only the last step needed, and makes all
   that is free zero. What is left on the stack below this frame is no part of an image. */
EXPORT("tidy") void tidy(void)
{
    memset(small_mailbox, 0, small_used);
    small_used = 0;
    guest_tidy();
    engine_scrub(guest.rt);
}

/* After a step that was stopped, and before the memory is thrown away: line and column where the script
   was last known to be, in the high and low half; 0 if it is not known. */
EXPORT("where") uint64_t where(void)
{
    int column = 0;
    bool entered = false;
    int line = engine_line(guest.rt, guest.filename, &column, &entered);
    if (entered)
        return 0;
    return (uint64_t)(uint32_t)line << 32 | (uint32_t)column;
}

/* At build time only: makes the heap that becomes the boot image. 0 when done. */
EXPORT("boot") int boot(void)
{
    enum { NO_NURSERY = 4 };
    int status = guest_boot(GUEST_STACK_BYTES - GUEST_STACK_RESERVE);
    if (status)
        return status;
    heap_close_gaps();
    return engine_make_nursery(guest.rt) ? 0 : NO_NURSERY;
}
