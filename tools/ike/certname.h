/* SPDX-License-Identifier: MIT */
/* Whom a certificate names. */
#ifndef IKE_CERTNAME_H
#define IKE_CERTNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <openssl/x509.h>
#include "id.h"

/**
 * ike_cert_names - whether a certificate names an identity: by its subject (ID_DER_ASN1_DN), by one
 * of its subjectAltNames (RFC 4945 section 3.1), or by its subject key identifier (ID_KEY_ID)
 * @cert: the certificate
 * @id: the identity
 *
 * A common name is no domain name, and a wildcard is a name like any other.
 *
 * Return: whether it does.
 */
bool ike_cert_names(X509 *cert, const struct ike_id *id);

/**
 * ike_cert_subject - the subject of a certificate as an identity
 * @cert: the certificate
 * @id: is set to it, ID_DER_ASN1_DN
 *
 * Return: whether it can be one: it is not too long.
 */
bool ike_cert_subject(X509 *cert, struct ike_id *id);

/**
 * ike_cert_name_format - writes a name such as CN=hq,O=Example; what is not printable is escaped
 * @name: the name
 * @to: where; cut to fit
 * @size: octets of @to
 *
 * Return: @to.
 */
const char *ike_cert_name_format(const X509_NAME *name, char *to, size_t size);

#endif
