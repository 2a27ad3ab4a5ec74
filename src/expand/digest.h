/* expand/digest.h -- message digests and random numbers, by OpenSSL. */
#ifndef EXPAND_DIGEST_H
#define EXPAND_DIGEST_H
#include "base/pool.h"

/* The octets of a digest by OpenSSL's name ("MD5", "SHA256", "SHA3-512").  False if the library has no such. */
bool digest_compute(const char *name, struct pool *pool, struct str data, struct str *digest_out);
bool digest_hmac(const char *name, struct pool *pool, struct str secret, struct str data, struct str *mac_out);

/* Below limit (which is above 0), all numbers alike. */
uint32_t expand_random(uint32_t limit);
#endif
