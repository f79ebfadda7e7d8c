/* All randomness of the guest: ChaCha20 (RFC 8439) keyed with the host's seed, so that the same
   seed and messages give the same program, and a paused one goes on with the same numbers. */
#include "guest.h"

static struct {
    uint32_t input[16];
    uint8_t block[64];
    uint32_t used;
} stream = { .used = 64 };

static uint32_t rotate(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

static void quarter(uint32_t *s, int a, int b, int c, int d)
{
    s[a] += s[b]; s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d]; s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b]; s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d]; s[b] = rotate(s[b] ^ s[c], 7);
}

static void next_block(void)
{
    uint32_t s[16];
    memcpy(s, stream.input, sizeof s);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++)
            quarter(s, i, 4 + i, 8 + i, 12 + i);
        for (int i = 0; i < 4; i++)
            quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (int i = 0; i < 16; i++) {
        uint32_t word = s[i] + stream.input[i];
        for (int byte = 0; byte < 4; byte++)
            stream.block[4 * i + byte] = (uint8_t)(word >> (8 * byte));
    }
    if (++stream.input[12] == 0)
        stream.input[13]++;
    stream.used = 0;
}

void random_seed(const uint8_t seed[32])
{
    static const uint32_t constants[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
    memset(&stream, 0, sizeof stream);
    memcpy(stream.input, constants, sizeof constants);
    for (int i = 0; i < 32; i++)
        stream.input[4 + i / 4] |= (uint32_t)seed[i] << (8 * (i % 4));
    stream.used = sizeof stream.block;
}

void random_mix(const uint8_t entropy[32])
{
    uint8_t key[32];
    random_bytes(key, sizeof key);
    for (int i = 0; i < 32; i++)
        key[i] ^= entropy[i];
    random_seed(key);
}

void random_bytes(uint8_t *out, size_t len)
{
    while (len) {
        if (stream.used == sizeof stream.block)
            next_block();
        size_t n = sizeof stream.block - stream.used;
        if (n > len)
            n = len;
        memcpy(out, stream.block + stream.used, n);
        stream.used += (uint32_t)n;
        out += n;
        len -= n;
    }
}

double random_double(void)
{
    uint64_t bits;
    random_bytes((uint8_t *)&bits, sizeof bits);
    return (double)(bits >> 11) * 0x1p-53;
}
