#include "csodium.h"

#include <errno.h>
#include <sodium.h>

_Static_assert(crypto_scalarmult_curve25519_BYTES == 32 && crypto_scalarmult_curve25519_SCALARBYTES == 32, "X25519");
_Static_assert(crypto_core_hsalsa20_OUTPUTBYTES == 32 && crypto_core_hsalsa20_INPUTBYTES == 16, "HSalsa20");
_Static_assert(crypto_box_BEFORENMBYTES == 32, "crypto_box");
_Static_assert(crypto_secretbox_KEYBYTES == 32 && crypto_secretbox_NONCEBYTES == 24, "crypto_secretbox");
_Static_assert(crypto_secretbox_MACBYTES == 16, "Poly1305");
_Static_assert(crypto_auth_hmacsha256_KEYBYTES == 32 && crypto_auth_hmacsha256_BYTES == 32, "HMAC-SHA-256");

int csodium_x25519_public(const uint8_t secret[32], uint8_t out[32]) {
  if (sodium_init() < 0) return -EIO;
  return crypto_scalarmult_curve25519_base(out, secret) == 0 ? 0 : -EIO;
}

int csodium_x25519(const uint8_t secret[32], const uint8_t public_key[32], uint8_t out[32]) {
  if (sodium_init() < 0) return -EIO;
  return crypto_scalarmult_curve25519(out, secret, public_key) == 0 ? 0 : -EINVAL;
}

int csodium_hsalsa20(const uint8_t key[32], const uint8_t in[16], uint8_t out[32]) {
  if (sodium_init() < 0) return -EIO;
  return crypto_core_hsalsa20(out, in, key, NULL) == 0 ? 0 : -EIO;
}

int csodium_box_beforenm(const uint8_t secret[32], const uint8_t public_key[32], uint8_t out[32]) {
  if (sodium_init() < 0) return -EIO;
  return crypto_box_beforenm(out, public_key, secret) == 0 ? 0 : -EINVAL;
}

int csodium_secretbox_seal(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *in, size_t length,
                           uint8_t *out) {
  if (sodium_init() < 0) return -EIO;
  return crypto_secretbox_easy(out, in, length, nonce, key) == 0 ? 0 : -EIO;
}

int csodium_secretbox_open(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *in, size_t length,
                           uint8_t *out) {
  if (sodium_init() < 0) return -EIO;
  if (length < crypto_secretbox_MACBYTES) return -EBADMSG;
  return crypto_secretbox_open_easy(out, in, length, nonce, key) == 0 ? 0 : -EBADMSG;
}

int csodium_hmac_sha256(const uint8_t key[32], const uint8_t *in, size_t length, uint8_t out[32]) {
  if (sodium_init() < 0) return -EIO;
  return crypto_auth_hmacsha256(out, in, length, key) == 0 ? 0 : -EIO;
}

int csodium_equal(const uint8_t *left, const uint8_t *right, size_t length) {
  return sodium_memcmp(left, right, length) == 0;
}
