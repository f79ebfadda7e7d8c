/* Which objects a packer has met, by address, and under which number. Most values have few: those
   are kept in a list, without an allocation. */
#ifndef SEEN_H
#define SEEN_H

#include <stdbool.h>
#include <stdint.h>

enum { SEEN_FEW = 8 };

typedef struct {
    void *few[SEEN_FEW]; /* in use while there is no table */
    void **slots;        /* open addressing; NULL is free */
    uint32_t *numbers;
    uint32_t capacity, count;
} Seen;

/* Looks the object up and adds it when it is new: whether it was known, or -1 for no memory. */
int seen_add(Seen *s, void *object, uint32_t *number);

void seen_free(Seen *s);

#endif
