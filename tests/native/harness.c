#include "harness.h"

Settings settings;
static Answer answer;

void begin(void)
{
    memset(&guest, 0, sizeof guest);
    settings = (Settings){ 100, 100, 1000, 1 << 20, true };
    CHECK(guest_boot(4 << 20) == 0);
}

void end(void)
{
    JSContext *ctx = guest.ctx;
    JSRuntime *rt = guest.rt;
    JSValue *values[] = {
        &guest.helpers.flatten, &guest.helpers.revive, &guest.helpers.get_time,
        &guest.helpers.to_hex, &guest.helpers.from_hex, &guest.helpers.url_text, &guest.describe, &guest.show_result,
        &guest.run_timers, &guest.next_timer, &guest.clear_timers, &guest.report_rejection, &guest.timers, &guest.tools,
    };
    CHECK(give_up()->status == IDLE);
    CHECK(!guest.call_count && !guest.rejection_count);
    CHECK(JS_IsUndefined(guest.main) && JS_IsUndefined(guest.value));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        JS_FreeValue(ctx, *values[i]);
    JS_FreeAtom(ctx, guest.rejected_by);
    guest_tidy();
    buffer_free(&guest.functions);
    free(guest.calls);
    free(guest.rejections);
    JS_FreeContext(ctx);
    JS_SetDumpFlags(rt, JS_ABORT_ON_LEAKS);
    JS_FreeRuntime(rt);
}

/* --- writing ------------------------------------------------------------------------------ */

void put_float(Buffer *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    buffer_tagged(out, 0xcb, bits, 8);
}

void put_bin(Buffer *out, const void *bytes, size_t len)
{
    buffer_tagged(out, 0xc6, len, 4);
    buffer_put(out, bytes, len);
}

void put_ext(Buffer *out, uint8_t type, const void *bytes, size_t len)
{
    buffer_tagged(out, 0xc9, len, 4);
    buffer_byte(out, type);
    buffer_put(out, bytes, len);
}

Buffer message_begin(int kind, size_t parts, double now)
{
    Buffer message;
    buffer_init(&message, 1 << 24);
    pack_array_header(&message, parts);
    pack_uint(&message, (uint64_t)kind);
    put_float(&message, now);
    return message;
}

Buffer message_deliver(double now)
{
    Buffer message = message_begin(DELIVER, 4, now);
    pack_nil(&message);
    return message;
}

Buffer message_start(const char *source, size_t len)
{
    static const uint8_t seed[32] = { 1, 2, 3 };
    Buffer message = message_begin(START, 9, 1e12);
    if (settings.seed)
        put_bin(&message, seed, sizeof seed);
    else
        pack_nil(&message);
    pack_array_header(&message, 6);
    pack_uint(&message, settings.calls);
    pack_uint(&message, settings.in_flight);
    pack_uint(&message, settings.message);
    pack_uint(&message, settings.console);
    pack_uint(&message, settings.message);
    pack_uint(&message, settings.message);
    pack_array_header(&message, 2);
    pack_text(&message, "f", 1);
    pack_text(&message, "g", 1);
    pack_array_header(&message, 1);
    pack_text(&message, "task", 4);
    pack_array_header(&message, 2);
    pack_text(&message, "g", 1);
    pack_text(&message, "task", 4);
    pack_text(&message, "script.js", 9);
    pack_text(&message, source, len);
    return message;
}

/* --- reading ------------------------------------------------------------------------------ */

/* Skips one item, whatever is in it. */
static void skip(Reader *in)
{
    uint32_t pending = 1;
    while (pending--) {
        uint8_t tag = *in->at++;
        size_t width = 0, len = 0;
        if (tag >= 0x80 && tag < 0xa0) {
            pending += tag < 0x90 ? 2 * (tag & 15u) : tag & 15u;
            continue;
        }
        switch (tag) {
        case 0xc4: case 0xc7: case 0xd9: width = 1; break;
        case 0xc5: case 0xc8: case 0xda: case 0xdc: case 0xde: width = 2; break;
        case 0xc6: case 0xc9: case 0xdb: case 0xdd: case 0xdf: width = 4; break;
        case 0xcc: case 0xd0: len = 1; break;
        case 0xcd: case 0xd1: len = 2; break;
        case 0xce: case 0xd2: len = 4; break;
        case 0xcb: case 0xcf: case 0xd3: len = 8; break;
        case 0xd6: len = 5; break;
        case 0xd7: len = 9; break;
        default: len = tag >= 0xa0 && tag < 0xc0 ? tag & 31u : 0;
        }
        while (width--)
            len = len << 8 | *in->at++;
        if (tag >= 0xc7 && tag <= 0xc9)
            len++;
        if (tag >= 0xdc && tag <= 0xdf)
            pending += (uint32_t)len * (tag >= 0xde ? 2 : 1);
        else
            in->at += len;
        CHECK(in->at <= in->end);
    }
}

static void read_calls(Reader *in)
{
    uint32_t parts;
    CHECK(read_array_header(in, &parts) && parts % 3 == 0);
    answer.calls = parts / 3;
    for (uint32_t i = 0; i < answer.calls; i++) {
        uint64_t id, line = 0, column = 0;
        Reader head = *in;
        uint32_t located;
        if (read_array_header(&head, &located)) {
            *in = head;
            CHECK(located == 3 && read_uint(in, &id) && read_uint(in, &line) && read_uint(in, &column));
        } else {
            CHECK(read_uint(in, &id));
        }
        answer.last_line = (uint32_t)line;
        answer.last_column = (uint32_t)column;
        if (!i)
            answer.first_id = id;
        CHECK(id == answer.first_id + i);
        skip(in);
        Reader args = *in;
        skip(in);
        args.end = in->at;
        if (!i)
            answer.first_args = args;
    }
}

static void read_answer(void)
{
    Reader in = { answer.data, answer.data + answer.size };
    uint32_t parts;
    uint64_t status;
    const char *console;
    size_t len;
    CHECK(read_array_header(&in, &parts) && read_uint(&in, &status));
    answer.status = (uint32_t)status;
    answer.calls = 0;
    if (parts == 1)
        return;
    CHECK(parts == 6 && read_text(&in, &console, &len) && len < sizeof answer.console);
    memcpy(answer.console, console, len);
    answer.console[len] = 0;
    CHECK(read_uint(&in, &answer.dropped));
    read_calls(&in);
    answer.rest = in;
    skip(&in);
    skip(&in);
    CHECK(in.at == in.end);
}

const Answer *send(Buffer *message)
{
    CHECK(!message->status);
    uint8_t *exact = malloc(message->len ? message->len : 1); /* so that reading beyond it is found */
    if (message->len)
        memcpy(exact, message->data, message->len);
    Reply reply = guest_step(exact, message->len);
    free(exact);
    CHECK(reply.len <= sizeof answer.data);
    memcpy(answer.data, reply.data, reply.len);
    answer.size = reply.len;
    buffer_free(message);
    read_answer();
    return &answer;
}

const Answer *start(const char *source)
{
    Buffer message = message_start(source, strlen(source));
    return send(&message);
}

static Buffer one_result(uint64_t id, bool raised)
{
    Buffer message = message_deliver(1e12);
    pack_array_header(&message, 3);
    pack_uint(&message, id);
    pack_uint(&message, raised);
    return message;
}

const Answer *deliver(uint64_t id, const Buffer *value)
{
    Buffer message = one_result(id, false);
    buffer_put(&message, value->data, value->len);
    return send(&message);
}

const Answer *deliver_text(uint64_t id, const char *text)
{
    Buffer message = one_result(id, false);
    pack_text(&message, text, strlen(text));
    return send(&message);
}

const Answer *deliver_error(uint64_t id, const char *name, const char *text)
{
    Buffer message = one_result(id, true);
    pack_array_header(&message, 2);
    pack_text(&message, name, strlen(name));
    pack_text(&message, text, strlen(text));
    return send(&message);
}

const Answer *let_time_pass(double now)
{
    Buffer message = message_deliver(now);
    pack_array_header(&message, 0);
    return send(&message);
}

const Answer *give_up(void)
{
    Buffer message = message_begin(ABORT, 2, 1e12);
    return send(&message);
}

static bool text_is(Reader *in, const char *text)
{
    const char *found;
    size_t len;
    bool same = read_text(in, &found, &len) && len == strlen(text) && !memcmp(found, text, len);
    if (!same)
        fprintf(stderr, "expected %s, reply: %.*s\n", text, (int)answer.size, answer.data);
    return same;
}

bool value_is(const Answer *a, const char *text)
{
    Reader in = a->rest;
    return a->status == COMPLETED && text_is(&in, text);
}

bool failed_with(const Answer *a, const char *name)
{
    Reader in = a->rest;
    uint32_t parts;
    return a->status == FAILED && read_array_header(&in, &parts) && text_is(&in, name);
}

uint64_t failed_by(const Answer *a)
{
    Reader in = a->rest;
    uint64_t id = 0;
    CHECK(a->status == FAILED);
    skip(&in);
    CHECK(read_nil(&in) || read_uint(&in, &id));
    return id;
}
