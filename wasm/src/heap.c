/* malloc for the guest: everything outside QuickJS's own arenas of small blocks.

   Written for what a general malloc does not offer: free memory is always zero, so equal states give
   almost equal images, calloc has nothing to do, and a page that nobody touched stays shared.

   Chunks lie side by side from the end of the static data to the end of the linear memory, each with
   an 8-byte header; the last is a sentinel. Free chunks are in bins by size, four for each power of
   two, with a bitmap of the bins that are not empty (two-level segregated fit). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { ALIGN = 16, HEADER = 8, MIN_CHUNK = 32, BIN_COUNT = 32 * 4, WASM_PAGE = 65536,
       GROW_BYTES = 4 * WASM_PAGE };

typedef struct Chunk {
    uint32_t before;     /* size of the chunk before this one */
    uint32_t size : 31;  /* of the whole chunk; a multiple of ALIGN */
    uint32_t used : 1;
    struct Chunk *next, *previous; /* while free: others in the same bin */
} Chunk;

extern uint8_t __heap_base;

static Chunk *bins[BIN_COUNT];
static uint32_t bin_bits[BIN_COUNT / 32];
static Chunk *first, *sentinel;

static Chunk *after(const Chunk *c)
{
    return (Chunk *)((uintptr_t)c + c->size);
}

static Chunk *of_payload(const void *p)
{
    return (Chunk *)((uintptr_t)p - HEADER);
}

static void *payload(Chunk *c)
{
    return (uint8_t *)c + HEADER;
}

/* The bin that a chunk of this size is in. */
static uint32_t bin_of(uint32_t size)
{
    uint32_t power = 31 - (uint32_t)__builtin_clz(size);
    return power * 4 + ((size >> (power - 2)) & 3);
}

static void insert(Chunk *c)
{
    uint32_t bin = bin_of(c->size);
    c->used = 0;
    c->previous = NULL;
    c->next = bins[bin];
    if (c->next)
        c->next->previous = c;
    bins[bin] = c;
    bin_bits[bin / 32] |= 1u << bin % 32;
}

static void take_out(Chunk *c)
{
    uint32_t bin = bin_of(c->size);
    if (c->next)
        c->next->previous = c->previous;
    if (c->previous) {
        c->previous->next = c->next;
    } else {
        bins[bin] = c->next;
        if (!c->next)
            bin_bits[bin / 32] &= ~(1u << bin % 32);
    }
    c->used = 1;
    c->next = c->previous = NULL;
}

/* A chunk takes in the one after it, whose payload is zero. */
static void absorb(Chunk *c, Chunk *next)
{
    c->size += next->size;
    memset(next, 0, HEADER);
}

/* Makes [c, c + size) a free chunk, together with free neighbours. Its payload is zero. */
static void release(Chunk *c)
{
    Chunk *next = after(c);
    if (!next->used) {
        take_out(next);
        absorb(c, next);
    }
    if (c->before) {
        Chunk *previous = (Chunk *)((uintptr_t)c - c->before);
        if (!previous->used) {
            take_out(previous);
            absorb(previous, c);
            c = previous;
        }
    }
    after(c)->before = c->size;
    insert(c);
}

/* Cuts a used chunk down to `size`, where the rest is worth having. The rest is zero. */
static void trim(Chunk *c, uint32_t size)
{
    uint32_t rest = c->size - size;
    if (rest < MIN_CHUNK)
        return;
    c->size = size;
    Chunk *tail = after(c);
    tail->before = size;
    tail->size = rest;
    tail->used = 1;
    after(tail)->before = rest;
    release(tail);
}

/* A free chunk of at least `size`, taken out of its bin; NULL if there is none. */
static Chunk *find(uint32_t size)
{
    uint32_t bin = bin_of(size);
    for (Chunk *c = bins[bin]; c; c = c->next) {
        if (c->size >= size) {
            take_out(c);
            return c;
        }
    }
    for (uint32_t i = bin + 1; i < BIN_COUNT; i = (i | 31) + 1) {
        uint32_t bits = bin_bits[i / 32] & (~0u << i % 32);
        if (bits) {
            Chunk *c = bins[(i & ~31u) + (uint32_t)__builtin_ctz(bits)];
            take_out(c);
            return c;
        }
    }
    return NULL;
}

static void place_sentinel(uintptr_t end, uint32_t before)
{
    sentinel = (Chunk *)(end - HEADER);
    sentinel->before = before;
    sentinel->size = 0;
    sentinel->used = 1;
}

static void start_heap(void)
{
    uintptr_t base = ((uintptr_t)&__heap_base + HEADER + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1);
    first = (Chunk *)(base + ALIGN - HEADER); /* payloads are aligned, headers end there */
    uintptr_t end = __builtin_wasm_memory_size(0) * WASM_PAGE;
    place_sentinel(end, 0);
    if (end - HEADER - (uintptr_t)first >= MIN_CHUNK) {
        first->before = 0;
        first->size = (uint32_t)(end - HEADER - (uintptr_t)first);
        first->used = 1;
        sentinel->before = first->size;
        release(first);
    } else {
        first = sentinel;
    }
}

/* Makes the linear memory larger, so that a chunk of `size` fits; false: the host does not allow. */
static bool grow(uint32_t size)
{
    uint32_t bytes = (size + WASM_PAGE - 1) & ~(uint32_t)(WASM_PAGE - 1);
    uint32_t wanted = bytes > GROW_BYTES ? bytes : GROW_BYTES;
    if (__builtin_wasm_memory_grow(0, wanted / WASM_PAGE) == SIZE_MAX) {
        wanted = bytes;
        if (__builtin_wasm_memory_grow(0, wanted / WASM_PAGE) == SIZE_MAX)
            return false;
    }
    Chunk *fresh = sentinel; /* its header becomes that of the new chunk */
    fresh->size = wanted;
    place_sentinel((uintptr_t)fresh + HEADER + wanted, wanted);
    release(fresh);
    return true;
}

void *malloc(size_t size)
{
    if (size > UINT32_C(0x7fff0000))
        return NULL;
    uint32_t need = ((uint32_t)size + HEADER + ALIGN - 1) & ~(uint32_t)(ALIGN - 1);
    if (need < MIN_CHUNK)
        need = MIN_CHUNK;
    if (!first)
        start_heap();
    Chunk *c = find(need);
    if (!c && (!grow(need) || !(c = find(need))))
        return NULL;
    trim(c, need);
    return payload(c);
}

void free(void *p)
{
    if (!p)
        return;
    Chunk *c = of_payload(p);
    memset(p, 0, c->size - HEADER);
    release(c);
}

size_t malloc_usable_size(void *p)
{
    return p ? of_payload(p)->size - HEADER : 0;
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return malloc(bytes);
}

void *realloc(void *p, size_t size)
{
    if (!p)
        return malloc(size);
    if (size > UINT32_C(0x7fff0000))
        return NULL;
    Chunk *c = of_payload(p);
    uint32_t need = ((uint32_t)size + HEADER + ALIGN - 1) & ~(uint32_t)(ALIGN - 1);
    if (need < MIN_CHUNK)
        need = MIN_CHUNK;
    Chunk *next = after(c);
    if (need > c->size && !next->used && c->size + next->size >= need) {
        take_out(next);
        absorb(c, next);
        after(c)->before = c->size;
    }
    if (need <= c->size) {
        memset((uint8_t *)c + need, 0, c->size - need);
        trim(c, need);
        return p;
    }
    void *moved = malloc(size);
    if (moved) {
        memcpy(moved, p, c->size - HEADER);
        free(p);
    }
    return moved;
}

/* What is free is not used any more, but for what is large. */
void heap_close_gaps(void)
{
    for (Chunk *c = first; c != sentinel; c = after(c))
        if (!c->used && c->size < WASM_PAGE)
            take_out(c);
}
