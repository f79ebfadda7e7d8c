/* Messages with mutated bytes, as the host would never send them, and values alone.

   LLVMFuzzerTestOneInput is libFuzzer's entry. Without libFuzzer, the driver below makes its inputs by
   mutating real ones; all choices come from the seed and the number of the input, so that one input
   can be had again:   fuzz SEED FIRST COUNT [SECONDS]

   An input is one byte of mode and then messages, each after two bytes of length. */
#include <time.h>

#include "harness.h"

enum { MODE_VALUE = 1, REBOOT_EVERY = 200, MAX_INTERRUPTS = 20, MAX_HEAP = 64 << 20, MAX_INPUT = 1 << 15 };

static int inputs_since_boot = -1, interrupts;

/* A mutated script may loop. */
static int on_interrupt(JSRuntime *rt, void *opaque)
{
    (void)rt, (void)opaque;
    return ++interrupts > MAX_INTERRUPTS;
}

static void reboot(void)
{
    if (inputs_since_boot >= 0)
        end();
    begin();
    JS_SetInterruptHandler(guest.rt, on_interrupt, NULL);
    JS_SetMemoryLimit(guest.rt, MAX_HEAP);
    inputs_since_boot = 0;
}

static void step(const uint8_t *bytes, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);
    if (len)
        memcpy(exact, bytes, len);
    interrupts = 0;
    guest_step(exact, len);
    free(exact);
}

static void try_value(const uint8_t *bytes, size_t len)
{
    Reader in = { bytes, bytes + len };
    Buffer out;
    buffer_init(&out, 1 << 20);
    interrupts = 0;
    JSValue v = codec_unpack(&guest.codec, &in);
    if (!JS_IsException(v))
        codec_pack(&guest.codec, &out, v, "value", 0);
    JS_FreeValue(guest.ctx, JS_GetException(guest.ctx));
    JS_FreeValue(guest.ctx, v);
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (inputs_since_boot < 0 || ++inputs_since_boot > REBOOT_EVERY)
        reboot();
    if (size && data[0] == MODE_VALUE) {
        try_value(data + 1, size - 1);
        return 0;
    }
    for (size_t at = 1; at + 2 <= size;) {
        size_t len = (size_t)data[at] << 8 | data[at + 1];
        at += 2;
        if (len > size - at)
            len = size - at;
        step(data + at, len);
        at += len;
    }
    give_up();
    return 0;
}

#ifndef LIBFUZZER

void __sanitizer_set_death_callback(void (*callback)(void));

enum { SEEDS = 64 };
static struct { uint8_t data[MAX_INPUT]; size_t len; } seeds[SEEDS];
static int seed_count;
static uint64_t state;
static unsigned long run_seed, number;

static uint32_t below(uint32_t n)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (uint32_t)(state >> 32) % n;
}

static void say_where(void)
{
    fprintf(stderr, "to have this input again: fuzz %lu %lu 1\n", run_seed, number);
}

static void seed_message(Buffer *message)
{
    size_t at = seeds[seed_count].len;
    CHECK(at + 2 + message->len < MAX_INPUT);
    seeds[seed_count].data[at] = (uint8_t)(message->len >> 8);
    seeds[seed_count].data[at + 1] = (uint8_t)message->len;
    memcpy(seeds[seed_count].data + at + 2, message->data, message->len);
    seeds[seed_count].len += 2 + message->len;
    buffer_free(message);
}

static const uint8_t VALUE[] = {
    0x88, 0xa1, 'a', 0x93, 1, 0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,
    0xa1, 'b', 0x92, 0xc7, 0, 8, 0xc7, 0, 0, 0xa1, 'c', 0xc7, 3, 1, '-', 'f', 'f', 0xa1, 'd', 0xd7, 2, 0x42, 0x6d, 0x1a,
    0x94, 0xa2, 0, 0, 0, 0xa1, 'e', 0xc7, 6, 3, 0x92, 0xa1, 'k', 0x81, 0xa0, 0xc3, 0xa1, 'f', 0xc7, 3, 4, 0x92, 1, 2,
    0xa1, 'g', 0xc7, 6, 5, 0x92, 0xa2, 'a', '+', 0xa1, 'g', 0xa1, 'h', 0x92, 0xc4, 3, 1, 2, 3, 0xc7, 5, 7, 8, 1, 0, 2, 0,
};

static const uint8_t GRAPH[] = {
    0xc7, 35, 9, 0x93, 0xc4, 13, 0x92, 0xd6, 10, 0, 0, 0, 1, 0xd6, 10, 0, 0, 0, 2, 0xc4, 9, 0x81, 0xa1, 's', 0xd6, 10,
    0, 0, 0, 1, 0xc4, 5, 0xc7, 2, 4, 0x91, 1, 0xc0,
};

static const uint8_t ERROR[] = { 0xc7, 9, 6, 0x96, 0xa1, 'E', 0xa1, 'm', 0xa0, 0xc3, 0x91, 0, 0xc0 };

static void seed_value(const uint8_t *bytes, size_t len)
{
    seeds[seed_count].data[0] = MODE_VALUE;
    memcpy(seeds[seed_count].data + 1, bytes, len);
    seeds[seed_count++].len = 1 + len;
}

static void seed_result(uint64_t id, const uint8_t *bytes, size_t len)
{
    Buffer message = message_deliver(1e12);
    pack_array_header(&message, 3);
    pack_uint(&message, id);
    pack_uint(&message, 0);
    buffer_put(&message, bytes, len);
    seed_message(&message);
}

static void seed_script(const char *source, int results)
{
    Buffer message = message_start(source, strlen(source));
    seeds[seed_count].len = 1;
    seed_message(&message);
    /* ids go on counting in the life of a heap: most hit only after a reboot, mutated ones later */
    for (int id = 1; id <= results; id++)
        seed_result((uint64_t)id, id % 2 ? VALUE : GRAPH, id % 2 ? sizeof VALUE : sizeof GRAPH);
    message = message_deliver(1e12 + 5000);
    pack_array_header(&message, 0);
    seed_message(&message);
    message = message_begin(ABORT, 2, 1e12);
    seed_message(&message);
    seed_count++;
}

static void make_seeds(void)
{
    settings = (Settings){ 100, 100, 1000, 1 << 16, true };
    seed_value(VALUE, sizeof VALUE);
    seed_value(GRAPH, sizeof GRAPH);
    seed_value(ERROR, sizeof ERROR);
    seed_script("1 + 1", 0);
    seed_script("console.log('a', {b: [1]}); ({a: [1, , 'x'], m: new Map([[1, new Set([2n])]]), d: new Date(0)})", 0);
    seed_script("const v = await tools.f({a: 1}); console.log(v); const w = await tools.g(v); [v, w, v]", 2);
    seed_script("await Promise.all([1, 2, 3].map(n => tools.f(n, new Uint8Array(n), /x/g))); throw new TypeError('t')", 3);
    seed_script("const x = {get a() { return task({get b() { return x }}) }}; try { await tools.f(x) } catch (e) { e }", 3);
    seed_script("const c = []; c.push(c, {c}, new Map([[c, c]])); setTimeout(() => c.length = 0, 10); await tools.f(c); c", 1);
    seed_script("let n = 0; const t = setInterval(() => n++ > 5 && clearInterval(t), 100); await tools.f(); n", 1);
    seed_script("class A { #p = 1; get p() { return this.#p } }; const s = structuredClone({a: [new Date]}); [new A().p, s]", 0);
    seed_script("Promise.reject(new Error('r', {cause: 1})); Object.prototype.then = undefined; await tools.f(); 'x'.repeat(999)", 1);
}

static size_t mutate(uint8_t *data, size_t len)
{
    static const uint8_t tags[] = { 0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc6,
        0xc7, 0xc9, 0xca, 0xcb, 0xcc, 0xcf, 0xd0, 0xd3, 0xd4, 0xd6, 0xd7, 0xd8, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xff };
    for (uint32_t changes = 1 + below(6); changes && len > 2; changes--) {
        size_t at = 1 + below((uint32_t)len - 1), n = 1 + below(24);
        if (n > len - at)
            n = len - at;
        switch (below(8)) {
        case 0: data[at] ^= (uint8_t)(1 << below(8)); break;
        case 1: data[at] = (uint8_t)below(256); break;
        case 2: data[at] = tags[below(sizeof tags)]; break;
        case 3: memset(data + at, below(2) ? 0xff : 0, n < 4 ? n : 4); break;
        case 4: memmove(data + at, data + at + n, len - at - n); len -= n; break;
        case 5: data[at] = (uint8_t)(data[at] + (below(2) ? 1 : -1)); break;
        case 6: /* a piece once more */
            if (len + n < MAX_INPUT) {
                memmove(data + at + n, data + at, len - at);
                len += n;
            }
            break;
        default: { /* a piece of another */
            int other = (int)below((uint32_t)seed_count);
            size_t from = below((uint32_t)seeds[other].len);
            if (n > seeds[other].len - from)
                n = seeds[other].len - from;
            memcpy(data + at, seeds[other].data + from, n);
        }
        }
    }
    return len;
}

int main(int argc, char **argv)
{
    static uint8_t input[MAX_INPUT];
    run_seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    unsigned long count = argc > 3 ? strtoul(argv[3], NULL, 10) : 2000;
    double seconds = argc > 4 ? atof(argv[4]) : 0;
    struct timespec begun, now;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    make_seeds();
    __sanitizer_set_death_callback(say_where);
    double spent = 0;
    for (number = first; seconds > 0 ? spent < seconds : number < first + count; number++) {
        state = (run_seed << 32 | number) * 0x9e3779b97f4a7c15ull | 1;
        below(2);
        size_t seed = number % (unsigned)seed_count;
        memcpy(input, seeds[seed].data, seeds[seed].len);
        LLVMFuzzerTestOneInput(input, below(20) ? mutate(input, seeds[seed].len) : seeds[seed].len);
        clock_gettime(CLOCK_MONOTONIC, &now);
        spent = (double)(now.tv_sec - begun.tv_sec) + (double)(now.tv_nsec - begun.tv_nsec) / 1e9;
    }
    if (inputs_since_boot >= 0)
        end();
    printf("%lu inputs in %.1f s\n", number - first, spent);
    return 0;
}

#endif
