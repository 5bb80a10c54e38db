// SPDX-License-Identifier: MIT
/*
 * A peer's proof of identity, as the key process gets it.
 *
 *	0 to 4: AUTH data for a key of that kind: method (1), data
 *	5: certificates, each after its length (2)
 *	6: a file of certificates, 7: of revocation lists
 */
#include "../tests/pki.h"
#include "auth.h"
#include "cert.h"
#include "fuzz.h"
#include "wire.h"

static const char *const kinds[] = { "rsa", "p256", "p384", "p521", "ed25519" };

/* Nobody can sign with a key that nobody has. */
static void try_auth(const char *kind, EVP_PKEY **key, const uint8_t *data, size_t size)
{
	static const uint8_t octets[] = "what was signed";

	if (!*key)
		*key = pki_key(kind);
	if (!size)
		return;
	must(ike_auth_verify(*key, data[0], false, octets, sizeof(octets), data + 1, size - 1));
	must(ike_auth_verify(*key, data[0], true, octets, sizeof(octets), data + 1, size - 1));
}

static void try_chain(const uint8_t *data, size_t size)
{
	static struct ike_cert_store *store;
	static struct ike_cert_verdict verdict;
	static const struct ike_id id = { .type = IKE_ID_FQDN, .len = 2, .data = "hq" };
	struct ike_cert_der chain[IKE_CERT_CHAIN_MAX + 1];
	size_t count = 0, len;

	if (!store)
		store = ike_cert_store_new();
	must(store);
	while (size > 2 && count < IKE_CERT_CHAIN_MAX + 1) {
		len = ike_get16(data) < size - 2 ? ike_get16(data) : size - 2;
		chain[count++] = (struct ike_cert_der){ data + 2, len };
		data += 2 + len;
		size -= 2 + len;
	}
	/* The store trusts nobody. */
	must(!ike_cert_verify(store, chain, count, &id, PKI_NOW, &verdict));
	must(verdict.fault != IKE_CERT_OK);
}

static void try_file(const uint8_t *data, size_t size, int (*read)(struct ike_cert_store *store,
								    const uint8_t *text, size_t len))
{
	struct ike_cert_store *store = ike_cert_store_new();
	uint8_t ids[10 * IKE_CERT_KEYID_SIZE];

	must(store);
	read(store, data, size);
	must(ike_cert_store_keyids(store, ids, sizeof(ids)) % IKE_CERT_KEYID_SIZE == 0);
	ike_cert_store_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static EVP_PKEY *keys[5];

	if (!size)
		return 0;
	if (data[0] < 5)
		try_auth(kinds[data[0]], &keys[data[0]], data + 1, size - 1);
	else if (data[0] == 5)
		try_chain(data + 1, size - 1);
	else if (data[0] == 6)
		try_file(data + 1, size - 1, ike_cert_store_trust);
	else if (data[0] == 7)
		try_file(data + 1, size - 1, ike_cert_store_revoke);
	return 0;
}
