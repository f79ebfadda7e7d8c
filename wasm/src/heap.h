/* What the heap offers beyond malloc and its kin. */
#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>

/* Makes [from, from + len) zero; both multiples of eight. */
void scrub(void *from, size_t len);

/* Makes all free memory of the heap zero. */
void heap_scrub(void);

#endif
