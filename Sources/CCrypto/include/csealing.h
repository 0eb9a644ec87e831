// What keeps secrets at rest, over Debian's libsodium: XChaCha20-Poly1305, Argon2id, sealed boxes.
//
// Ownership: every buffer is the caller's; buffers must not overlap. Units: bytes.
// Threads: any; the library starts itself with the first call.
// Errors: 0, or -errno: -EBADMSG for what does not open, -EINVAL for a cost that Argon2id does not know or a public key
// of small order, -ENOMEM when there is not that much memory, -EIO when libsodium cannot start.
#ifndef CSEALING_H
#define CSEALING_H

#include <stddef.h>
#include <stdint.h>

/// Seals `length` bytes and binds `context`; `out` has room for 16 more: the ciphertext, then the tag.
int csealing_seal(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *context, size_t context_length,
                  const uint8_t *in, size_t length, uint8_t *out);

/// Opens ciphertext and tag, together `length` bytes, that were sealed with the same context; `out` has room for 16
/// fewer.
int csealing_open(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *context, size_t context_length,
                  const uint8_t *in, size_t length, uint8_t *out);

/// Argon2id 1.3 with one lane: `memory` in bytes, 8192 or more, `passes` 1 or more.
int csealing_argon2id(const uint8_t *passphrase, size_t length, const uint8_t salt[16], uint64_t passes,
                      size_t memory, uint8_t out[32]);

/// crypto_box_seal of 32 bytes: nobody but the owner of the public key opens it.
int csealing_box_seal(const uint8_t public_key[32], const uint8_t in[32], uint8_t out[80]);

/// Opens a box of 80 bytes with the secret key.
int csealing_box_open(const uint8_t secret[32], const uint8_t in[80], uint8_t out[32]);

#endif
