/* The guest's own state and the functions that its files share. One guest lives in one linear
   memory, so its state is one static struct: it is boot image and snapshot alike. */
#ifndef GUEST_H
#define GUEST_H

#include "codec/codec.h"

typedef struct {
    uint32_t id;
    JSValue promise; /* owned; settled from here, past the functions that script code could have */
    JSValue name;    /* owned; of what is called */
    size_t bytes;    /* of its arguments, packed */
} OpenCall;

typedef struct {
    JSRuntime *rt;
    JSContext *ctx;
    size_t collected; /* what was allocated after the last collection of garbage */
    Codec codec;
    CodecHelpers helpers;
    /* More functions of the prelude, owned. */
    JSValue describe, show_result, run_timers, next_timer, clear_timers, report_rejection;
    JSValue timers;  /* the Map that those are about */

    double now_ms;   /* what the last message said; stands still within a step */
    bool seeded;
    bool no_memory;  /* an allocation failed in this step: the host will undo the step */
    bool result_too_large; /* likewise */

    JSValue tools;   /* the object behind the global `tools` */
    bool grants_nothing; /* neither tools nor functions */
    Buffer functions; /* names of the granted global functions, each ending in NUL */

    OpenCall *calls; /* in the order of their ids */
    uint32_t call_count, call_capacity;
    uint32_t next_id; /* never repeats in the life of a heap */
    uint32_t calls_limit, calls_left, calls_in_flight;
    JSAtom rejected_by; /* a private name: an Error has it that a call was rejected with, and its id */
    size_t open_bytes, open_limit; /* of the arguments of open calls */

    char filename[32]; /* of the script; cut if it is longer */
    JSValue main;    /* the promise of the running script, or undefined */
    JSValue value;   /* what it resolved to, while calls are still open */
    bool unwrapped, fulfilled;
    bool to_clear;   /* timers, or what else of the prelude belongs to the running script */

    JSValue *rejections; /* promises rejected and not handled, owned */
    uint32_t rejection_count;

    Buffer spare;    /* what the last call or result was packed in; empty while one is being packed */
    Buffer outbox;   /* new calls of this step, packed */
    uint32_t outbox_count;
    Buffer console;  /* what this step printed */
    size_t console_limit;
    uint64_t console_dropped;
    size_t message_limit, result_limit;
    Buffer reply;
} Guest;

extern Guest guest;

typedef struct {
    const uint8_t *data; /* stays until the next step */
    size_t len;
} Reply;

/* guest.c: makes the heap (0 when done), takes one step, drops what only the last step needed. */
int guest_boot(size_t stack_bytes);
Reply guest_step(const uint8_t *message, size_t size);
void guest_tidy(void);

/* heap.c: at the end of boot. */
void heap_close_gaps(void);

/* guest.c: the buffer that was used last, empty, for what is packed now; to be given back. */
Buffer guest_take_buffer(size_t limit);
void guest_give_buffer(Buffer *buffer);

/* messages.c: does what a message says, which leaves a reply in `guest`; false for none that it knows. */
bool message_handle(Reader *in);

/* replies.c: each writes the reply of this step. `reason` is borrowed. */
enum { REPLY_COMPLETED = 0, REPLY_FAILED = 1, REPLY_SUSPENDED = 2, REPLY_IDLE = 3,
       REPLY_NO_MEMORY = 4, REPLY_REFUSED = 5, REPLY_TOO_LARGE = 6, REPLY_SHOWN = 7 };
void reply_plain(int status);
void reply_thrown(int status, JSValueConst reason);
void reply_exception(int status); /* with the pending exception, which it takes */
void reply_error(const char *name, const char *message);
void reply_completed(void);
void reply_suspended(void);

/* course.c: the running script */
int script_boot(void);
void script_evaluate(const char *source, size_t len, const char *filename);
void script_conclude(void); /* after what was delivered: replies that it has ended, or waits */
void script_forget(void);
void script_run_jobs(void);
bool script_run_due_timer(void); /* whether there was one */
void script_clear_rejections(bool report);
JSValue script_ask_prelude(JSValueConst function); /* owned */

/* grants.c */
typedef struct { Reader at; uint32_t count; } Names; /* an array of texts in a message */
int grants_replace(Names tools, Names functions, Names located);
int grants_define_tools(JSValueConst global);
bool grants_is_function(const char *name); /* granted as a global, not below `tools` */

/* calls.c */
JSValue calls_make(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int located,
                   JSValueConst *data); /* `data`: the name of what is called */
int calls_settle(uint32_t id, bool raised, JSValueConst value); /* 0, or -2: unknown id */
void calls_clear(void);
int calls_boot(void);
void calls_mark_error(JSValueConst error, uint32_t id);
uint32_t calls_marked(JSValueConst thrown); /* the id that this very object was marked with, or 0 */

/* prelude_host.c: what the prelude may ask of C */
int prelude_boot(void);

/* localeText(name, key): the text of locale data that has this name, or what stands in it under a key;
   undefined when there is none. */
JSValue locale_text(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

/* random.c: ChaCha20 as a deterministic generator */
void random_seed(const uint8_t seed[32]);
void random_mix(const uint8_t entropy[32]); /* from here on, both this and what was before count */
void random_bytes(uint8_t *out, size_t len);
double random_double(void); /* in [0, 1) with 53 bits */

#endif
