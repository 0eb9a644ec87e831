#include "csealing.h"

#include <errno.h>
#include <sodium.h>

_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32, "XChaCha20-Poly1305");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == 24, "XChaCha20-Poly1305");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == 16, "XChaCha20-Poly1305");
_Static_assert(crypto_pwhash_argon2id_SALTBYTES == 16, "Argon2id");
_Static_assert(crypto_box_PUBLICKEYBYTES == 32 && crypto_box_SECRETKEYBYTES == 32, "crypto_box");
_Static_assert(crypto_box_SEALBYTES == 48, "crypto_box_seal");

int csealing_seal(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *context, size_t context_length,
                  const uint8_t *in, size_t length, uint8_t *out) {
  if (sodium_init() < 0) return -EIO;
  return crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, in, length, context, context_length, NULL, nonce,
                                                    key) == 0
             ? 0
             : -EIO;
}

int csealing_open(const uint8_t key[32], const uint8_t nonce[24], const uint8_t *context, size_t context_length,
                  const uint8_t *in, size_t length, uint8_t *out) {
  if (sodium_init() < 0) return -EIO;
  if (length < crypto_aead_xchacha20poly1305_ietf_ABYTES) return -EBADMSG;
  return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, in, length, context, context_length, nonce,
                                                    key) == 0
             ? 0
             : -EBADMSG;
}

int csealing_argon2id(const uint8_t *passphrase, size_t length, const uint8_t salt[16], uint64_t passes,
                      size_t memory, uint8_t out[32]) {
  if (sodium_init() < 0) return -EIO;
  if (length > crypto_pwhash_argon2id_PASSWD_MAX || passes < crypto_pwhash_argon2id_OPSLIMIT_MIN ||
      passes > crypto_pwhash_argon2id_OPSLIMIT_MAX || memory < crypto_pwhash_argon2id_MEMLIMIT_MIN ||
      memory > crypto_pwhash_argon2id_MEMLIMIT_MAX) {
    return -EINVAL;
  }
  return crypto_pwhash(out, 32, (const char *)passphrase, length, salt, passes, memory,
                       crypto_pwhash_ALG_ARGON2ID13) == 0
             ? 0
             : -ENOMEM;
}

int csealing_box_seal(const uint8_t public_key[32], const uint8_t in[32], uint8_t out[80]) {
  if (sodium_init() < 0) return -EIO;
  return crypto_box_seal(out, in, 32, public_key) == 0 ? 0 : -EINVAL;
}

int csealing_box_open(const uint8_t secret[32], const uint8_t in[80], uint8_t out[32]) {
  uint8_t public_key[32];
  if (sodium_init() < 0) return -EIO;
  if (crypto_scalarmult_curve25519_base(public_key, secret) != 0) return -EINVAL;
  return crypto_box_seal_open(out, in, 80, public_key, secret) == 0 ? 0 : -EBADMSG;
}
