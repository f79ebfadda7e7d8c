/* The guest's allocator on this machine: a region stands in for the linear memory. Random allocations
   against a model, with every invariant of the chunks checked in between. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { REGION = 32 << 20 };
static uint8_t *region;
static size_t region_size = 2 << 16;

static size_t region_pages(void)
{
    return ((uintptr_t)region + region_size) >> 16;
}

static size_t region_grow(size_t pages)
{
    if (region_size + (pages << 16) > REGION)
        return SIZE_MAX;
    region_size += pages << 16;
    return 0;
}

#define __heap_base (*region)
#define __builtin_wasm_memory_size(n) region_pages()
#define __builtin_wasm_memory_grow(n, pages) region_grow(pages)
#define malloc heap_malloc
#define calloc heap_calloc
#define realloc heap_realloc
#define free heap_free
#define malloc_usable_size heap_usable_size
#define HEAP_NATIVE
#include "../../wasm/src/heap.c"

#define CHECK(condition)                                                                    \
    do {                                                                                    \
        if (!(condition)) {                                                                 \
            fprintf(stderr, "%s:%d: %s (operation %d)\n", __FILE__, __LINE__, #condition, operation); \
            abort();                                                                        \
        }                                                                                   \
    } while (0)

enum { SLOTS = 400 };
static struct { uint8_t *p; size_t size; uint8_t fill; } slots[SLOTS];
static int operation;
static uint64_t state = 88172645463325252ull;

static uint32_t random_below(uint32_t n)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (uint32_t)(state >> 32) % n;
}

static size_t random_size(void)
{
    switch (random_below(10)) {
    case 0: return random_below(300000);
    case 1: return random_below(20000);
    case 2: return 0;
    default: return random_below(300);
    }
}

static bool holds(const uint8_t *p, size_t len, uint8_t byte)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] != byte)
            return false;
    return true;
}

/* Chunks lie side by side and know each other's size; neighbours are not both free; exactly the free
   ones are in the bin of their size; and those are zero but for their links. */
static void check_chunks(void)
{
    size_t free_chunks = 0, in_bins = 0;
    uint32_t before = 0;
    bool before_free = false;
    for (Chunk *c = first; c != sentinel; c = after(c)) {
        CHECK(c->size >= MIN_CHUNK && c->size % ALIGN == 0 && c->before == before);
        CHECK((uintptr_t)payload(c) % ALIGN == 0 && after(c) <= sentinel);
        CHECK(c->used || !before_free);
        if (!c->used)
            CHECK(holds((uint8_t *)c + sizeof *c, c->size - sizeof *c, 0));
        free_chunks += !c->used;
        before_free = !c->used;
        before = c->size;
    }
    CHECK(sentinel->before == before && sentinel->used && !sentinel->size);
    CHECK((uintptr_t)sentinel + HEADER == (uintptr_t)region + region_size);
    for (uint32_t bin = 0; bin < BIN_COUNT; bin++) {
        CHECK(!bins[bin] == !(bin_bits[bin / 32] >> bin % 32 & 1));
        for (Chunk *c = bins[bin], *previous = NULL; c; previous = c, c = c->next, in_bins++)
            CHECK(!c->used && bin_of(c->size) == bin && c->previous == previous);
    }
    CHECK(free_chunks == in_bins);
}

static void check_slot(int i)
{
    CHECK(holds(slots[i].p, slots[i].size, slots[i].fill));
    CHECK(!slots[i].p || malloc_usable_size(slots[i].p) >= slots[i].size);
}

static void put(int i, uint8_t *p, size_t size)
{
    slots[i].p = p;
    slots[i].size = p ? size : 0;
    slots[i].fill = (uint8_t)random_below(256);
    if (p)
        memset(p, slots[i].fill, size);
}

static void operate(void)
{
    int i = (int)random_below(SLOTS);
    size_t size = random_size();
    check_slot(i);
    if (!slots[i].p) {
        bool zeroed = random_below(3) == 0;
        uint8_t *p = zeroed ? calloc(1, size) : malloc(size);
        CHECK((uintptr_t)p % ALIGN == 0 && (!p || !zeroed || holds(p, size, 0)));
        put(i, p, size);
    } else if (random_below(2)) {
        free(slots[i].p);
        slots[i].p = NULL;
        slots[i].size = 0;
    } else {
        uint8_t *p = realloc(slots[i].p, size);
        CHECK(!p || holds(p, size < slots[i].size ? size : slots[i].size, slots[i].fill));
        if (p)
            put(i, p, size);
        else
            check_slot(i); /* the old one stands */
    }
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 30000;
    uint8_t *raw = mmap(NULL, REGION + (1 << 16), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(raw != MAP_FAILED);
    region = (uint8_t *)(((uintptr_t)raw + 0xffff) & ~(uintptr_t)0xffff);
    CHECK(!malloc(SIZE_MAX) && !malloc(UINT32_C(0x80000000)) && !calloc(SIZE_MAX / 2, 3));
    for (operation = 0; operation < count; operation++) {
        operate();
        if (operation % 50 == 0)
            check_chunks();
    }
    for (int i = 0; i < SLOTS; i++) {
        check_slot(i);
        free(slots[i].p);
    }
    check_chunks();
    CHECK(first->size && after(first) == sentinel && !first->used); /* all is one again */
    printf("%d operations, %zu KiB at the end\n", count, region_size >> 10);
    return 0;
}
