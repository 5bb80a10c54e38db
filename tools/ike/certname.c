// SPDX-License-Identifier: MIT
#include <string.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "certname.h"

const char *ike_cert_name_format(const X509_NAME *name, char *to, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int len = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		len = BIO_read(bio, to, size - 1);
	to[len > 0 ? len : 0] = '\0';
	if (!to[0] && size > 1)
		strncat(to, "nobody", size - 1);
	BIO_free(bio);
	ERR_clear_error();
	return to;
}

/* The identity that octets of a certificate are; false if they can be none. */
static bool identity(uint8_t type, const uint8_t *octets, int len, struct ike_id *id)
{
	if (len <= 0 || len > IKE_ID_MAX)
		return false;
	memset(id, 0, sizeof(*id));
	id->type = type;
	id->len = len;
	memcpy(id->data, octets, len);
	return true;
}

bool ike_cert_subject(X509 *cert, struct ike_id *id)
{
	uint8_t *octets = NULL;
	int len = i2d_X509_NAME(X509_get_subject_name(cert), &octets);
	bool is = identity(IKE_ID_DN, octets, len, id);

	OPENSSL_free(octets);
	return is;
}

static bool string(uint8_t type, const ASN1_STRING *string, struct ike_id *id)
{
	return string && identity(type, ASN1_STRING_get0_data(string), ASN1_STRING_length(string),
				  id);
}

static bool general_name(const GENERAL_NAME *name, struct ike_id *id)
{
	switch (name->type) {
	case GEN_DNS:
		return string(IKE_ID_FQDN, name->d.dNSName, id);
	case GEN_EMAIL:
		return string(IKE_ID_RFC822, name->d.rfc822Name, id);
	case GEN_IPADD:
		return string(ASN1_STRING_length(name->d.iPAddress) == 4 ? IKE_ID_IPV4 :
									   IKE_ID_IPV6,
			      name->d.iPAddress, id);
	default:
		return false;
	}
}

bool ike_cert_names(X509 *cert, const struct ike_id *id)
{
	GENERAL_NAMES *names;
	struct ike_id named;
	bool found = false;
	int i;

	if (id->type == IKE_ID_DN)
		return ike_cert_subject(cert, &named) && ike_id_equal(&named, id);
	if (id->type == IKE_ID_KEY_ID)
		return string(IKE_ID_KEY_ID, X509_get0_subject_key_id(cert), &named) &&
		       ike_id_equal(&named, id);
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (i = 0; !found && i < sk_GENERAL_NAME_num(names); i++)
		found = general_name(sk_GENERAL_NAME_value(names, i), &named) &&
			ike_id_equal(&named, id);
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return found;
}
