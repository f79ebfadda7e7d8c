/* A table of objects by address; see seen.h. */
#include "seen.h"

#include <stdlib.h>

static uint32_t seen_slot(const Seen *s, const void *object)
{
    uint32_t i = (uint32_t)((uintptr_t)object >> 3) * 2654435761u;
    for (i &= s->capacity - 1; s->slots[i] && s->slots[i] != object; )
        i = (i + 1) & (s->capacity - 1);
    return i;
}

static void seen_put(Seen *s, void *object, uint32_t number)
{
    uint32_t i = seen_slot(s, object);
    s->slots[i] = object;
    s->numbers[i] = number;
}

static bool seen_grow(Seen *s)
{
    Seen bigger = *s;
    bigger.capacity = s->capacity ? s->capacity * 2 : 64;
    bigger.slots = calloc(bigger.capacity, sizeof *bigger.slots);
    bigger.numbers = malloc(bigger.capacity * sizeof *bigger.numbers);
    if (!bigger.slots || !bigger.numbers) {
        free(bigger.slots);
        free(bigger.numbers);
        return false;
    }
    for (uint32_t i = 0; i < s->capacity; i++)
        if (s->slots[i])
            seen_put(&bigger, s->slots[i], s->numbers[i]);
    for (uint32_t i = 0; !s->capacity && i < s->count; i++)
        seen_put(&bigger, s->few[i], i);
    free(s->slots);
    free(s->numbers);
    *s = bigger;
    return true;
}

/* In the table, while it is still a list. */
static int seen_add_few(Seen *s, void *object, uint32_t *number)
{
    for (*number = 0; *number < s->count; ++*number)
        if (s->few[*number] == object)
            return 1;
    s->few[s->count++] = object;
    return 0;
}

int seen_add(Seen *s, void *object, uint32_t *number)
{
    if (!s->capacity && s->count < SEEN_FEW)
        return seen_add_few(s, object, number);
    if (s->count * 2 >= s->capacity && !seen_grow(s))
        return -1;
    uint32_t i = seen_slot(s, object);
    bool known = s->slots[i] != NULL;
    if (!known) {
        s->slots[i] = object;
        s->numbers[i] = s->count++;
    }
    *number = s->numbers[i];
    return known;
}

void seen_free(Seen *s)
{
    free(s->slots);
    free(s->numbers);
    *s = (Seen){ 0 };
}
