// AES-128 primitives over Debian's libcrypto, for protocols that chain blocks in their own way.
//
// Ownership: every buffer is the caller's. Units: bytes; blocks are 16 bytes.
// Threads: any; no state is kept between calls.
// Errors: 0, or -errno: -EINVAL for a length that is no multiple of 16, -EIO when libcrypto fails.
#ifndef CCRYPTO_H
#define CCRYPTO_H

#include <stddef.h>
#include <stdint.h>

/// Encrypts one block (ECB). `out` may be `in`.
int ccrypto_aes128_encrypt_block(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]);

/// Encrypts `length` bytes (CBC, no padding). `out` has room for `length` bytes and may be `in`.
int ccrypto_aes128_cbc_encrypt(const uint8_t key[16], const uint8_t iv[16], const uint8_t *in, size_t length,
                               uint8_t *out);

/// Decrypts `length` bytes (CBC, no padding). `out` has room for `length` bytes and is not `in`.
int ccrypto_aes128_cbc_decrypt(const uint8_t key[16], const uint8_t iv[16], const uint8_t *in, size_t length,
                               uint8_t *out);

/// SHA-256 of `length` bytes.
int ccrypto_sha256(const uint8_t *in, size_t length, uint8_t out[32]);

#endif
