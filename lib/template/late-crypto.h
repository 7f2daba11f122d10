/*
 * libcrypto, loaded when a template first needs it: starting with it costs as much as rendering a
 * chart, and few charts make keys, certificates or decimal fractions. (Programs that are linked
 * with it have it loaded already.)
 *
 * Include this instead of OpenSSL's headers. Their functions are then called by their own names,
 * through a table that rc_template_late_crypto_load() fills; a function of the list that is missing
 * here does not link.
 */
#pragma once

#include <openssl/bn.h>
#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/error.h"

/* clang-format off */
#define RC_TEMPLATE_LATE_CRYPTO(X) \
	X(ASN1_IA5STRING_new) X(ASN1_OCTET_STRING_new) X(ASN1_STRING_set) X(BIO_ctrl) \
	X(BIO_free) X(BIO_new) X(BIO_new_mem_buf) X(BIO_s_mem) X(BN_CTX_free) X(BN_CTX_new) \
	X(BN_add) X(BN_add_word) X(BN_bn2dec) X(BN_cmp) X(BN_dec2bn) X(BN_div) X(BN_dup) \
	X(BN_exp) X(BN_free) X(BN_is_negative) X(BN_is_zero) X(BN_lshift1) X(BN_mul) \
	X(BN_new) X(BN_num_bits) X(BN_rand) X(BN_set_negative) X(BN_set_word) X(BN_sub) \
	X(BN_to_ASN1_INTEGER) X(CRYPTO_free) X(ERR_clear_error) X(EVP_CIPHER_CTX_free) \
	X(EVP_CIPHER_CTX_new) X(EVP_CIPHER_CTX_set_padding) X(EVP_CipherFinal_ex) \
	X(EVP_CipherInit_ex) X(EVP_CipherUpdate) X(EVP_PBE_scrypt) X(EVP_PKEY_CTX_free) \
	X(EVP_PKEY_CTX_new) X(EVP_PKEY_CTX_new_id) X(EVP_PKEY_CTX_set_dsa_paramgen_bits) \
	X(EVP_PKEY_CTX_set_dsa_paramgen_q_bits) X(EVP_PKEY_Q_keygen) X(EVP_PKEY_free) \
	X(EVP_PKEY_get_base_id) X(EVP_PKEY_keygen) X(EVP_PKEY_keygen_init) \
	X(EVP_PKEY_paramgen) X(EVP_PKEY_paramgen_init) X(EVP_aes_256_cbc) X(EVP_sha256) \
	X(GENERAL_NAMES_free) X(GENERAL_NAMES_new) X(GENERAL_NAME_new) \
	X(GENERAL_NAME_set0_value) X(HMAC) X(OPENSSL_sk_num) X(OPENSSL_sk_push) \
	X(PEM_read_bio_PrivateKey) X(PEM_read_bio_X509) X(PEM_write_bio_PrivateKey) \
	X(PEM_write_bio_PrivateKey_traditional) X(PEM_write_bio_X509) X(X509V3_EXT_conf_nid) \
	X(X509V3_set_ctx) X(X509_EXTENSION_free) X(X509_NAME_add_entry_by_NID) \
	X(X509_NAME_cmp) X(X509_NAME_entry_count) X(X509_add1_ext_i2d) X(X509_add_ext) \
	X(X509_free) X(X509_get0_subject_key_id) X(X509_get_serialNumber) \
	X(X509_get_subject_name) X(X509_getm_notAfter) X(X509_getm_notBefore) X(X509_new) \
	X(X509_set_issuer_name) X(X509_set_pubkey) X(X509_set_version) X(X509_sign) \
	X(X509_time_adj_ex)
/* clang-format on */

struct rc_template_late_crypto {
#define X(name) __typeof__(&(name)) name;
	RC_TEMPLATE_LATE_CRYPTO(X)
#undef X
};

/* Load the library unless it is; -ENOENT when it is not there. Every use comes after a success. */
int rc_template_late_crypto_load(struct rc_error **err);
const struct rc_template_late_crypto *rc_template_late_crypto(void);

#ifndef RC_TEMPLATE_LATE_CRYPTO_TABLE
/* clang-format off */
#define ASN1_IA5STRING_new (*rc_template_late_crypto()->ASN1_IA5STRING_new)
#define ASN1_OCTET_STRING_new (*rc_template_late_crypto()->ASN1_OCTET_STRING_new)
#define ASN1_STRING_set (*rc_template_late_crypto()->ASN1_STRING_set)
#define BIO_ctrl (*rc_template_late_crypto()->BIO_ctrl)
#define BIO_free (*rc_template_late_crypto()->BIO_free)
#define BIO_new (*rc_template_late_crypto()->BIO_new)
#define BIO_new_mem_buf (*rc_template_late_crypto()->BIO_new_mem_buf)
#define BIO_s_mem (*rc_template_late_crypto()->BIO_s_mem)
#define BN_CTX_free (*rc_template_late_crypto()->BN_CTX_free)
#define BN_CTX_new (*rc_template_late_crypto()->BN_CTX_new)
#define BN_add (*rc_template_late_crypto()->BN_add)
#define BN_add_word (*rc_template_late_crypto()->BN_add_word)
#define BN_bn2dec (*rc_template_late_crypto()->BN_bn2dec)
#define BN_cmp (*rc_template_late_crypto()->BN_cmp)
#define BN_dec2bn (*rc_template_late_crypto()->BN_dec2bn)
#define BN_div (*rc_template_late_crypto()->BN_div)
#define BN_dup (*rc_template_late_crypto()->BN_dup)
#define BN_exp (*rc_template_late_crypto()->BN_exp)
#define BN_free (*rc_template_late_crypto()->BN_free)
#define BN_is_negative (*rc_template_late_crypto()->BN_is_negative)
#define BN_is_zero (*rc_template_late_crypto()->BN_is_zero)
#define BN_lshift1 (*rc_template_late_crypto()->BN_lshift1)
#define BN_mul (*rc_template_late_crypto()->BN_mul)
#define BN_new (*rc_template_late_crypto()->BN_new)
#define BN_num_bits (*rc_template_late_crypto()->BN_num_bits)
#define BN_rand (*rc_template_late_crypto()->BN_rand)
#define BN_set_negative (*rc_template_late_crypto()->BN_set_negative)
#define BN_set_word (*rc_template_late_crypto()->BN_set_word)
#define BN_sub (*rc_template_late_crypto()->BN_sub)
#define BN_to_ASN1_INTEGER (*rc_template_late_crypto()->BN_to_ASN1_INTEGER)
#define CRYPTO_free (*rc_template_late_crypto()->CRYPTO_free)
#define ERR_clear_error (*rc_template_late_crypto()->ERR_clear_error)
#define EVP_CIPHER_CTX_free (*rc_template_late_crypto()->EVP_CIPHER_CTX_free)
#define EVP_CIPHER_CTX_new (*rc_template_late_crypto()->EVP_CIPHER_CTX_new)
#define EVP_CIPHER_CTX_set_padding (*rc_template_late_crypto()->EVP_CIPHER_CTX_set_padding)
#define EVP_CipherFinal_ex (*rc_template_late_crypto()->EVP_CipherFinal_ex)
#define EVP_CipherInit_ex (*rc_template_late_crypto()->EVP_CipherInit_ex)
#define EVP_CipherUpdate (*rc_template_late_crypto()->EVP_CipherUpdate)
#define EVP_PBE_scrypt (*rc_template_late_crypto()->EVP_PBE_scrypt)
#define EVP_PKEY_CTX_free (*rc_template_late_crypto()->EVP_PKEY_CTX_free)
#define EVP_PKEY_CTX_new (*rc_template_late_crypto()->EVP_PKEY_CTX_new)
#define EVP_PKEY_CTX_new_id (*rc_template_late_crypto()->EVP_PKEY_CTX_new_id)
#define EVP_PKEY_CTX_set_dsa_paramgen_bits (*rc_template_late_crypto()->EVP_PKEY_CTX_set_dsa_paramgen_bits)
#define EVP_PKEY_CTX_set_dsa_paramgen_q_bits (*rc_template_late_crypto()->EVP_PKEY_CTX_set_dsa_paramgen_q_bits)
#define EVP_PKEY_Q_keygen (*rc_template_late_crypto()->EVP_PKEY_Q_keygen)
#define EVP_PKEY_free (*rc_template_late_crypto()->EVP_PKEY_free)
#define EVP_PKEY_get_base_id (*rc_template_late_crypto()->EVP_PKEY_get_base_id)
#define EVP_PKEY_keygen (*rc_template_late_crypto()->EVP_PKEY_keygen)
#define EVP_PKEY_keygen_init (*rc_template_late_crypto()->EVP_PKEY_keygen_init)
#define EVP_PKEY_paramgen (*rc_template_late_crypto()->EVP_PKEY_paramgen)
#define EVP_PKEY_paramgen_init (*rc_template_late_crypto()->EVP_PKEY_paramgen_init)
#define EVP_aes_256_cbc (*rc_template_late_crypto()->EVP_aes_256_cbc)
#define EVP_sha256 (*rc_template_late_crypto()->EVP_sha256)
#define GENERAL_NAMES_free (*rc_template_late_crypto()->GENERAL_NAMES_free)
#define GENERAL_NAMES_new (*rc_template_late_crypto()->GENERAL_NAMES_new)
#define GENERAL_NAME_new (*rc_template_late_crypto()->GENERAL_NAME_new)
#define GENERAL_NAME_set0_value (*rc_template_late_crypto()->GENERAL_NAME_set0_value)
#define HMAC (*rc_template_late_crypto()->HMAC)
#define OPENSSL_sk_num (*rc_template_late_crypto()->OPENSSL_sk_num)
#define OPENSSL_sk_push (*rc_template_late_crypto()->OPENSSL_sk_push)
#define PEM_read_bio_PrivateKey (*rc_template_late_crypto()->PEM_read_bio_PrivateKey)
#define PEM_read_bio_X509 (*rc_template_late_crypto()->PEM_read_bio_X509)
#define PEM_write_bio_PrivateKey (*rc_template_late_crypto()->PEM_write_bio_PrivateKey)
#define PEM_write_bio_PrivateKey_traditional (*rc_template_late_crypto()->PEM_write_bio_PrivateKey_traditional)
#define PEM_write_bio_X509 (*rc_template_late_crypto()->PEM_write_bio_X509)
#define X509V3_EXT_conf_nid (*rc_template_late_crypto()->X509V3_EXT_conf_nid)
#define X509V3_set_ctx (*rc_template_late_crypto()->X509V3_set_ctx)
#define X509_EXTENSION_free (*rc_template_late_crypto()->X509_EXTENSION_free)
#define X509_NAME_add_entry_by_NID (*rc_template_late_crypto()->X509_NAME_add_entry_by_NID)
#define X509_NAME_cmp (*rc_template_late_crypto()->X509_NAME_cmp)
#define X509_NAME_entry_count (*rc_template_late_crypto()->X509_NAME_entry_count)
#define X509_add1_ext_i2d (*rc_template_late_crypto()->X509_add1_ext_i2d)
#define X509_add_ext (*rc_template_late_crypto()->X509_add_ext)
#define X509_free (*rc_template_late_crypto()->X509_free)
#define X509_get0_subject_key_id (*rc_template_late_crypto()->X509_get0_subject_key_id)
#define X509_get_serialNumber (*rc_template_late_crypto()->X509_get_serialNumber)
#define X509_get_subject_name (*rc_template_late_crypto()->X509_get_subject_name)
#define X509_getm_notAfter (*rc_template_late_crypto()->X509_getm_notAfter)
#define X509_getm_notBefore (*rc_template_late_crypto()->X509_getm_notBefore)
#define X509_new (*rc_template_late_crypto()->X509_new)
#define X509_set_issuer_name (*rc_template_late_crypto()->X509_set_issuer_name)
#define X509_set_pubkey (*rc_template_late_crypto()->X509_set_pubkey)
#define X509_set_version (*rc_template_late_crypto()->X509_set_version)
#define X509_sign (*rc_template_late_crypto()->X509_sign)
#define X509_time_adj_ex (*rc_template_late_crypto()->X509_time_adj_ex)
/* clang-format on */
#endif
