#include "ccrypto.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>

static int aes128(const EVP_CIPHER *cipher, int encrypt, const uint8_t *key, const uint8_t *iv, const uint8_t *in,
                  size_t length, uint8_t *out) {
  if (length % 16 != 0 || length > INT_MAX) return -EINVAL;
  if (length == 0) return 0;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (context == NULL) return -EIO;
  int written = 0;
  int rc = -EIO;
  if (EVP_CipherInit_ex(context, cipher, NULL, key, iv, encrypt) == 1 &&
      EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
      EVP_CipherUpdate(context, out, &written, in, (int)length) == 1 && written == (int)length) {
    rc = 0;
  }
  EVP_CIPHER_CTX_free(context);  // wipes the key schedule
  return rc;
}

int ccrypto_aes128_encrypt_block(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]) {
  return aes128(EVP_aes_128_ecb(), 1, key, NULL, in, 16, out);
}

int ccrypto_aes128_cbc_encrypt(const uint8_t key[16], const uint8_t iv[16], const uint8_t *in, size_t length,
                               uint8_t *out) {
  return aes128(EVP_aes_128_cbc(), 1, key, iv, in, length, out);
}

int ccrypto_aes128_cbc_decrypt(const uint8_t key[16], const uint8_t iv[16], const uint8_t *in, size_t length,
                               uint8_t *out) {
  return aes128(EVP_aes_128_cbc(), 0, key, iv, in, length, out);
}

int ccrypto_sha256(const uint8_t *in, size_t length, uint8_t out[32]) {
  unsigned int written = 0;
  return EVP_Digest(in, length, out, &written, EVP_sha256(), NULL) == 1 && written == 32 ? 0 : -EIO;
}
