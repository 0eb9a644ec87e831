// The primitives of NaCl over Debian's libsodium: X25519, HSalsa20, XSalsa20-Poly1305, HMAC-SHA-256; what keeps
// secrets at rest is in csealing.h.
//
// Ownership: every buffer is the caller's; buffers must not overlap unless said so. Units: bytes.
// Threads: any; the library starts itself with the first call.
// Errors: 0, or -errno: -EINVAL for a public key of small order, -EBADMSG for a box that does not open,
// -EIO when libsodium cannot start.
#ifndef CSODIUM_H
#define CSODIUM_H

#include <stddef.h>
#include <stdint.h>

/// The public key of an X25519 secret key.
int csodium_x25519_public(const uint8_t secret[32], uint8_t out[32]);

/// X25519: what both ends of a key exchange come to.
int csodium_x25519(const uint8_t secret[32], const uint8_t public_key[32], uint8_t out[32]);

/// HSalsa20 with the constant "expand 32-byte k".
int csodium_hsalsa20(const uint8_t key[32], const uint8_t in[16], uint8_t out[32]);

/// crypto_box_beforenm: HSalsa20 over sixteen zeros, keyed with the X25519 of both keys.
int csodium_box_beforenm(const uint8_t secret[32], const uint8_t public_key[32], uint8_t out[32]);

/// Seals `length` bytes; `out` has room for 16 more: first the tag, then the ciphertext. `out` may be `in`.
int csodium_secretbox_seal(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *in, size_t length,
                           uint8_t *out);

/// Opens tag and ciphertext, together `length` bytes; `out` has room for 16 fewer and is untouched when the box does
/// not open.
int csodium_secretbox_open(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *in, size_t length,
                           uint8_t *out);

/// HMAC-SHA-256 with a key of 32 bytes.
int csodium_hmac_sha256(const uint8_t key[32], const uint8_t *in, size_t length, uint8_t out[32]);

/// 1 when both are equal, else 0; takes the same time wherever they differ.
int csodium_equal(const uint8_t *left, const uint8_t *right, size_t length);

#endif
