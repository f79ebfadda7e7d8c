/* What wasi-libc would import from a WASI host, answered here: the module imports nothing. The
   clock is what the last message said; there are no files, and nothing is ever written. */
#include "guest.h"

#include <errno.h>

#define WASI(name) __imported_wasi_snapshot_preview1_##name

int32_t WASI(clock_time_get)(int32_t clock, int64_t precision, int32_t result)
{
    (void)clock, (void)precision;
    *(uint64_t *)(intptr_t)result = (uint64_t)(guest.now_ms * 1e6);
    return 0;
}

/* stdio refers to close() itself, whose libc version imports. */
int close(int fd)
{
    (void)fd;
    errno = EBADF;
    return -1;
}

int32_t WASI(fd_fdstat_get)(int32_t fd, int32_t result)
{
    (void)fd, (void)result;
    return EBADF;
}

int32_t WASI(fd_seek)(int32_t fd, int64_t offset, int32_t whence, int32_t result)
{
    (void)fd, (void)offset, (void)whence, (void)result;
    return EBADF;
}

int32_t WASI(fd_write)(int32_t fd, int32_t vectors, int32_t count, int32_t result)
{
    (void)fd, (void)vectors, (void)count, (void)result;
    return EBADF;
}
