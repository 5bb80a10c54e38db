// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>
#include "cert.h"
#include "certname.h"
#include "pki.h"

/*
 *	root (P-256)
 *	 |-- middle (P-256)
 *	 |    `-- the peer's certificates, of every kind of key
 *	 `-- the others
 *	stranger (P-256), trusted by nobody
 */
static EVP_PKEY *root_key, *middle_key, *stranger_key, *peer_key;
static X509 *root, *middle, *stranger;
static struct ike_cert_store *store;
static struct ike_cert_verdict verdict;

static X509 *authority(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	struct pki_wish wish = { .subject = name, .ca = true, .usage = "keyCertSign,cRLSign" };

	return pki_cert(key, &wish, issuer, issuer_key);
}

static int make_authorities(void **state)
{
	(void)state;
	root_key = pki_key("p256");
	middle_key = pki_key("p256");
	stranger_key = pki_key("p256");
	peer_key = pki_key("p256");
	root = authority("root", root_key, NULL, NULL);
	middle = authority("middle", middle_key, root, root_key);
	stranger = authority("stranger", stranger_key, NULL, NULL);
	return 0;
}

static int forget_authorities(void **state)
{
	(void)state;
	X509_free(root);
	X509_free(middle);
	X509_free(stranger);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(middle_key);
	EVP_PKEY_free(stranger_key);
	EVP_PKEY_free(peer_key);
	return 0;
}

static int trust_root(void **state)
{
	struct pki_text pem = pki_cert_pem(root);

	(void)state;
	store = ike_cert_store_new();
	assert_non_null(store);
	assert_int_equal(ike_cert_store_trust(store, pem.octets, pem.len), 1);
	pki_text_free(&pem);
	return 0;
}

static int forget_store(void **state)
{
	(void)state;
	ike_cert_store_free(store);
	return 0;
}

static void revoke(X509 *issuer, EVP_PKEY *issuer_key, long serial, int64_t to)
{
	X509_CRL *crl = pki_crl(issuer, issuer_key, serial, to);
	struct pki_text pem = pki_crl_pem(crl);

	assert_int_equal(ike_cert_store_revoke(store, pem.octets, pem.len), 1);
	pki_text_free(&pem);
	X509_CRL_free(crl);
}

static struct ike_id identity(const char *text)
{
	struct ike_fault fault;
	struct ike_id id;

	assert_int_equal(ike_id_parse(text, &id, &fault), 0);
	return id;
}

/* What is found of a chain; its certificates are released. */
static enum ike_cert_fault verify(const char *id_text, X509 *cert, X509 *between)
{
	struct pki_text ders[2] = { pki_cert_der(cert) };
	struct ike_cert_der chain[2] = { { ders[0].octets, ders[0].len } };
	struct ike_id id = identity(id_text);
	EVP_PKEY *key;

	if (between) {
		ders[1] = pki_cert_der(between);
		chain[1] = (struct ike_cert_der){ ders[1].octets, ders[1].len };
	}
	key = ike_cert_verify(store, chain, between ? 2 : 1, &id, PKI_NOW, &verdict);
	assert_int_equal(!key, verdict.fault != IKE_CERT_OK);
	if (key) {
		EVP_PKEY *right = X509_get_pubkey(cert);

		assert_int_equal(EVP_PKEY_eq(key, right), 1);
		EVP_PKEY_free(right);
	}
	EVP_PKEY_free(key);
	pki_text_free(&ders[0]);
	pki_text_free(&ders[1]);
	X509_free(cert);
	return verdict.fault;
}

static X509 *peer(const struct pki_wish *wish)
{
	return pki_cert(peer_key, wish, root, root_key);
}

static void every_kind_of_key_is_good(void **state)
{
	static const char *const kinds[] = { "rsa", "p256", "p384", "p521", "ed25519" };
	const struct pki_wish wish = { .subject = "hq", .san = "DNS:hq.example" };
	EVP_PKEY *key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		key = pki_key(kinds[i]);
		assert_int_equal(verify("hq.example", pki_cert(key, &wish, middle, middle_key),
					middle), IKE_CERT_OK);
		EVP_PKEY_free(key);
	}
	assert_string_equal(verdict.subject, "CN=hq,O=Example");
	assert_string_equal(verdict.issuer, "CN=middle,O=Example");
}

static void an_authority_between_has_to_be_sent_or_trusted(void **state)
{
	const struct pki_wish wish = { .subject = "hq", .san = "DNS:hq.example" };
	struct pki_text pem;

	(void)state;
	assert_int_equal(verify("hq.example", pki_cert(peer_key, &wish, middle, middle_key), NULL),
			 IKE_CERT_NO_ISSUER);
	assert_string_equal(verdict.text, "the certificate of CN=hq,O=Example was issued by nobody "
			    "that a ca file names; its issuer is CN=middle,O=Example");

	/* It is trusted by itself, without the root. */
	ike_cert_store_free(store);
	store = ike_cert_store_new();
	pem = pki_cert_pem(middle);
	assert_int_equal(ike_cert_store_trust(store, pem.octets, pem.len), 1);
	pki_text_free(&pem);
	assert_int_equal(verify("hq.example", pki_cert(peer_key, &wish, middle, middle_key), NULL),
			 IKE_CERT_OK);
}

static void a_stranger_cannot_vouch(void **state)
{
	const struct pki_wish wish = { .subject = "hq", .san = "DNS:hq.example" };

	(void)state;
	assert_int_equal(verify("hq.example",
				pki_cert(peer_key, &wish, stranger, stranger_key), stranger),
			 IKE_CERT_NO_ISSUER);
	assert_int_equal(verify("hq.example", pki_cert(peer_key, &wish, NULL, NULL), NULL),
			 IKE_CERT_NO_ISSUER);
	/* The name of the root, signed by somebody else. */
	assert_int_equal(verify("hq.example", pki_cert(peer_key, &wish, root, stranger_key), NULL),
			 IKE_CERT_SIGNATURE);
}

static void what_is_no_authority_cannot_vouch(void **state)
{
	const struct pki_wish wish = { .subject = "other", .san = "DNS:other.example" };
	const struct pki_wish victim = { .subject = "hq", .san = "DNS:hq.example" };
	EVP_PKEY *other_key = pki_key("p256");
	X509 *other = pki_cert(other_key, &wish, root, root_key);

	(void)state;
	assert_int_equal(verify("hq.example", pki_cert(peer_key, &victim, other, other_key), other),
			 IKE_CERT_USAGE);
	assert_int_equal(verdict.depth, 1);
	assert_string_equal(verdict.subject, "CN=other,O=Example");
	X509_free(other);
	EVP_PKEY_free(other_key);
}

static void time_has_come_and_not_gone(void **state)
{
	struct pki_wish wish = { .subject = "hq", .san = "DNS:hq.example",
				 .to = PKI_NOW - PKI_DAY };

	(void)state;
	assert_int_equal(verify("hq.example", peer(&wish), NULL), IKE_CERT_EXPIRED);
	assert_string_equal(verdict.text,
			    "the certificate of CN=hq,O=Example expired on 2025-12-31 00:00:00 UTC; "
			    "the clock here says 2026-01-01 00:00:00 UTC");
	wish.to = 0;
	wish.from = PKI_NOW + PKI_DAY;
	assert_int_equal(verify("hq.example", peer(&wish), NULL), IKE_CERT_NOT_YET_VALID);
	assert_string_equal(verdict.text,
			    "the certificate of CN=hq,O=Example is not valid before 2026-01-02 "
			    "00:00:00 UTC; the clock here says 2026-01-01 00:00:00 UTC");
}

static void what_is_revoked_is_refused(void **state)
{
	struct pki_wish wish = { .subject = "hq", .san = "DNS:hq.example", .serial = 5 };

	(void)state;
	revoke(root, root_key, 5, PKI_NOW + PKI_DAY);
	assert_int_equal(verify("hq.example", peer(&wish), NULL), IKE_CERT_REVOKED);
	wish.serial = 6;
	assert_int_equal(verify("hq.example", peer(&wish), NULL), IKE_CERT_OK);
}

static void a_revocation_list_has_to_be_there_and_current(void **state)
{
	const struct pki_wish wish = { .subject = "hq", .san = "DNS:hq.example" };

	(void)state;
	revoke(root, root_key, 0, PKI_NOW + PKI_DAY);
	assert_int_equal(verify("hq.example", pki_cert(peer_key, &wish, middle, middle_key),
				middle), IKE_CERT_CRL_MISSING);
	revoke(middle, middle_key, 0, PKI_NOW - 1);
	assert_int_equal(verify("hq.example", pki_cert(peer_key, &wish, middle, middle_key),
				middle), IKE_CERT_CRL_EXPIRED);
}

static void usage_has_to_allow_signatures(void **state)
{
	struct pki_wish wish = { .subject = "hq", .san = "DNS:hq.example",
				 .usage = "keyEncipherment" };

	(void)state;
	assert_int_equal(verify("hq.example", peer(&wish), NULL), IKE_CERT_USAGE);
	wish.usage = "digitalSignature,keyEncipherment";
	assert_int_equal(verify("hq.example", peer(&wish), NULL), IKE_CERT_OK);
}

static void a_short_key_is_refused(void **state)
{
	const struct pki_wish wish = { .subject = "hq", .san = "DNS:hq.example" };
	EVP_PKEY *key = pki_key("rsa1024");

	(void)state;
	assert_int_equal(verify("hq.example", pki_cert(key, &wish, root, root_key), NULL),
			 IKE_CERT_WEAK);
	EVP_PKEY_free(key);
}

static void identities_have_to_be_in_the_certificate(void **state)
{
	const struct pki_wish wish = {
		.subject = "hq",
		.san = "DNS:hq.example,email:admin@example.org,IP:192.0.2.1,IP:2001:db8::1",
	};
	static const char *const right[] = { "hq.example", "HQ.Example", "admin@example.org",
					     "192.0.2.1", "2001:db8::1", "O=Example, CN=hq" };
	static const char *const wrong[] = { "fqdn:hq", "fqdn:example", "x.hq.example", "admin@example.com",
					     "192.0.2.2", "2001:db8::2", "O=Example, CN=branch",
					     "CN=hq", "fqdn:admin.example.org" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_int_equal(verify(right[i], peer(&wish), NULL), IKE_CERT_OK);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(verify(wrong[i], peer(&wish), NULL), IKE_CERT_IDENTITY);
	assert_string_equal(ike_cert_fault_word(verdict.fault), "identity");
}

static void a_common_name_is_no_domain_name(void **state)
{
	const struct pki_wish wish = { .subject = "hq.example" };

	(void)state;
	assert_int_equal(verify("hq.example", peer(&wish), NULL), IKE_CERT_IDENTITY);
	assert_string_equal(verdict.text,
			    "the certificate of CN=hq.example,O=Example does not name hq.example");
}

static void octets_that_are_no_certificate_are_refused(void **state)
{
	const struct pki_wish wish = { .subject = "hq", .san = "DNS:hq.example" };
	X509 *cert = peer(&wish);
	struct pki_text der = pki_cert_der(cert);
	struct ike_cert_der chain[2] = { { der.octets, der.len } };
	struct ike_id id = identity("hq.example");
	size_t len;

	(void)state;
	assert_null(ike_cert_verify(store, chain, 0, &id, PKI_NOW, &verdict));
	assert_int_equal(verdict.fault, IKE_CERT_MISSING);
	for (len = 0; len < der.len; len++) {
		chain[0].len = len;
		assert_null(ike_cert_verify(store, chain, 1, &id, PKI_NOW, &verdict));
		assert_int_equal(verdict.fault, IKE_CERT_MALFORMED);
	}
	chain[0].len = der.len;
	chain[1] = (struct ike_cert_der){ der.octets, 1 };
	assert_null(ike_cert_verify(store, chain, 2, &id, PKI_NOW, &verdict));
	assert_int_equal(verdict.fault, IKE_CERT_MALFORMED);
	assert_int_equal(verdict.depth, 1);
	pki_text_free(&der);
	X509_free(cert);
}

static void files_are_read_in_both_forms(void **state)
{
	struct pki_text two = pki_join(pki_cert_pem(root), pki_cert_pem(middle));
	struct pki_text der = pki_cert_der(root);
	uint8_t ids[3 * IKE_CERT_KEYID_SIZE], id[20];
	const ASN1_BIT_STRING *bits;

	(void)state;
	assert_int_equal(ike_cert_store_trust(store, der.octets, der.len), 1);
	assert_int_equal(ike_cert_store_trust(store, two.octets, two.len), 2);
	assert_int_equal(ike_cert_store_trust(store, der.octets, der.len - 1), -EINVAL);
	assert_int_equal(ike_cert_store_trust(store, two.octets, two.len - 40), -EINVAL);
	assert_int_equal(ike_cert_store_trust(store, (const uint8_t *)"", 0), -EINVAL);
	assert_int_equal(ike_cert_store_revoke(store, two.octets, two.len), -EINVAL);
	assert_int_equal(ike_cert_store_revoke(store, der.octets, der.len), -EINVAL);
	/* As many as there is room for, of the whole SubjectPublicKeyInfo. */
	assert_int_equal(ike_cert_store_keyids(store, ids, sizeof(ids)), sizeof(ids));
	assert_int_equal(ike_cert_store_keyids(store, ids, sizeof(ids) - 1), sizeof(ids) - 20);
	bits = X509_get0_pubkey_bitstr(root);
	assert_non_null(bits);
	assert_true(X509_pubkey_digest(root, EVP_sha1(), id, NULL));
	assert_memory_not_equal(ids, id, sizeof(id));
	pki_text_free(&two);
	pki_text_free(&der);
}

static void own_certificate_and_key_belong_together(void **state)
{
	const struct pki_wish wish = { .subject = "me", .san = "DNS:me.example" };
	X509 *cert = pki_cert(peer_key, &wish, middle, middle_key);
	struct pki_text chain = pki_join(pki_cert_pem(cert), pki_cert_pem(middle));
	struct pki_text key = pki_key_pem(peer_key), other = pki_key_pem(root_key);
	struct ike_cert_own own = { 0 };
	struct ike_id id;

	(void)state;
	assert_int_equal(ike_cert_own_subject(&own, &id), -ENOENT);
	assert_int_equal(ike_cert_own_key(&own, key.octets, key.len), -EINVAL);
	assert_int_equal(ike_cert_own_add(&own, chain.octets, chain.len), 2);
	assert_int_equal(own.count, 2);
	assert_int_equal(ike_cert_own_key(&own, other.octets, other.len), -EKEYREJECTED);
	assert_int_equal(ike_cert_own_key(&own, key.octets, key.len - 40), -EINVAL);
	assert_null(own.key);
	assert_int_equal(ike_cert_own_key(&own, key.octets, key.len), 0);
	assert_int_equal(EVP_PKEY_eq(own.key, peer_key), 1);
	id = identity("me.example");
	assert_true(ike_cert_own_names(&own, &id));
	id = identity("hq.example");
	assert_false(ike_cert_own_names(&own, &id));
	assert_int_equal(ike_cert_own_subject(&own, &id), 0);
	assert_true(ike_cert_own_names(&own, &id));
	ike_cert_own_uninit(&own);
	pki_text_free(&chain);
	pki_text_free(&key);
	pki_text_free(&other);
	X509_free(cert);
}

static void a_chain_has_an_end(void **state)
{
	struct ike_cert_own own = { 0 };
	struct pki_text pem = pki_cert_pem(root);
	int i;

	(void)state;
	for (i = 0; i < IKE_CERT_CHAIN_MAX; i++)
		assert_int_equal(ike_cert_own_add(&own, pem.octets, pem.len), 1);
	assert_int_equal(ike_cert_own_add(&own, pem.octets, pem.len), -E2BIG);
	ike_cert_own_uninit(&own);
	pki_text_free(&pem);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, trust_root, forget_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_kind_of_key_is_good),
		TEST(an_authority_between_has_to_be_sent_or_trusted),
		TEST(a_stranger_cannot_vouch),
		TEST(what_is_no_authority_cannot_vouch),
		TEST(time_has_come_and_not_gone),
		TEST(what_is_revoked_is_refused),
		TEST(a_revocation_list_has_to_be_there_and_current),
		TEST(usage_has_to_allow_signatures),
		TEST(a_short_key_is_refused),
		TEST(identities_have_to_be_in_the_certificate),
		TEST(a_common_name_is_no_domain_name),
		TEST(octets_that_are_no_certificate_are_refused),
		TEST(files_are_read_in_both_forms),
		TEST(own_certificate_and_key_belong_together),
		TEST(a_chain_has_an_end),
	};

	return cmocka_run_group_tests_name("cert", tests, make_authorities, forget_authorities);
}
