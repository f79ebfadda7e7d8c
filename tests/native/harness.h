/* The guest, compiled for this machine: boots it, sends it messages, reads its replies, and takes it
   apart again, so that whatever is not given back is found. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stdio.h>

#include "codec/msgpack_write.h"
#include "guest.h"

#define CHECK(condition)                                                                    \
    do {                                                                                    \
        if (!(condition)) {                                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                 \
            abort();                                                                        \
        }                                                                                   \
    } while (0)

enum { START = 0, DELIVER = 1, ABORT = 2 };
enum { COMPLETED = 0, FAILED = 1, SUSPENDED = 2, IDLE = 3, NO_MEMORY = 4, REFUSED = 5, TOO_LARGE = 6, SHOWN = 7 };

/* What the next start message says. */
typedef struct {
    uint32_t calls, in_flight, console, message;
    bool seed;
} Settings;

extern Settings settings;

/* A reply, copied; `rest` stands at its value. */
typedef struct {
    uint8_t data[1 << 16];
    size_t size;
    uint32_t status, calls, last_line, last_column; /* of the last call, 0 if it is not located */
    uint64_t first_id;
    char console[4096];
    uint64_t dropped;
    Reader first_args, rest;
} Answer;

void begin(void); /* boots */
void end(void);   /* aborts on the first leak of the engine */

/* Messages; freed by send(). Scripts are granted tools.f, tools.g and the function task; the last
   two are located. */
Buffer message_begin(int kind, size_t parts, double now);
/* The beginning of a delivery without entropy; what follows are the results. */
Buffer message_deliver(double now);
Buffer message_start(const char *source, size_t len);
void put_float(Buffer *out, double value);
void put_bin(Buffer *out, const void *bytes, size_t len);
void put_ext(Buffer *out, uint8_t type, const void *bytes, size_t len);

const Answer *send(Buffer *message);
const Answer *start(const char *source);
const Answer *deliver(uint64_t id, const Buffer *value);
const Answer *deliver_text(uint64_t id, const char *text);
const Answer *deliver_error(uint64_t id, const char *name, const char *text);
const Answer *let_time_pass(double now);
const Answer *give_up(void);

/* The value of a reply, as text: only where it is one. */
bool value_is(const Answer *answer, const char *text);
bool failed_with(const Answer *answer, const char *name);
uint64_t failed_by(const Answer *answer); /* the call that was rejected with what was thrown, or 0 */

#endif
