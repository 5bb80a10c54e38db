// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include "id.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Types, their names, and what forces them in a text */
static const struct {
	uint8_t type;
	const char *name;
	const char *prefix;
} types[] = {
	{ IKE_ID_ANY, "any", NULL },	     { IKE_ID_IPV4, "ipv4", "ipv4:" },
	{ IKE_ID_FQDN, "fqdn", "fqdn:" },    { IKE_ID_RFC822, "email", "email:" },
	{ IKE_ID_IPV6, "ipv6", "ipv6:" },    { IKE_ID_DN, "dn", "dn:" },
	{ IKE_ID_KEY_ID, "keyid", "keyid:" },
};

const char *ike_id_type_name(uint8_t type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].type == type)
			return types[i].name;
	}
	return "?";
}

static int set(struct ike_id *to, uint8_t type, const void *data, size_t len)
{
	if (len > IKE_ID_MAX)
		return -EINVAL;
	memset(to, 0, sizeof(*to));
	to->type = type;
	to->len = (uint16_t)len;
	memcpy(to->data, data, len);
	return 0;
}

static X509_NAME *name_of(const struct ike_id *id)
{
	const unsigned char *at = id->data;
	X509_NAME *name = d2i_X509_NAME(NULL, &at, id->len);

	if (name && at != id->data + id->len) {
		X509_NAME_free(name);
		name = NULL;
	}
	ERR_clear_error();
	return name;
}

static bool name_right(const struct ike_id *id)
{
	X509_NAME *name = name_of(id);
	bool right = name && X509_NAME_entry_count(name) > 0;

	X509_NAME_free(name);
	return right;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *digit = c ? strchr(digits, c) : NULL;

	return digit ? (int)(digit - digits) % 16 : -1;
}

/*
 * One "TYPE=value" of a distinguished name, from @text to a comma that is not escaped. The value is
 * copied without its escapes (RFC 4514 section 2.4).
 */
static const char *attribute_parse(const char *text, char *type, size_t type_size, char *value,
				   size_t value_size)
{
	size_t len = strcspn(text, "=,"), at = 0, kept = 0;

	if (text[len] != '=' || !len || len >= type_size)
		return NULL;
	memcpy(type, text, len);
	for (type[len] = '\0'; len && type[len - 1] == ' '; len--)
		type[len - 1] = '\0';
	text = strchr(text, '=') + 1;
	text += strspn(text, " ");
	for (; *text && *text != ','; text++) {
		bool escaped = *text == '\\' && text[1];

		text += escaped;
		if (at + 1 >= value_size)
			return NULL;
		if (escaped && hex_digit(text[0]) >= 0 && hex_digit(text[1]) >= 0) {
			value[at++] = (char)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
			text++;
		} else {
			value[at++] = *text;
		}
		/* spaces before the comma do not count */
		if (value[at - 1] != ' ' || escaped)
			kept = at;
	}
	value[kept] = '\0';
	return text;
}

static int dn_parse(const char *text, struct ike_id *to, struct ike_fault *fault)
{
	char type[32], value[IKE_ID_MAX];
	X509_NAME *name = X509_NAME_new();
	unsigned char *der = NULL;
	const char *at = text;
	int len = 0, err = 0;

	while (name && !err) {
		at += strspn(at, " ");
		at = attribute_parse(at, type, sizeof(type), value, sizeof(value));
		if (!at || !*value) {
			err = ike_fault_set(fault, text, strlen(text), "not a distinguished name; "
					    "one reads like C=DE, O=Example, CN=gw");
		} else if (X509_NAME_add_entry_by_txt(name, strcmp(type, "E") ? type :
						      "emailAddress", MBSTRING_UTF8,
						      (const unsigned char *)value, -1, -1,
						      0) != 1) {
			err = ike_fault_set(fault, type, strlen(type), "not an attribute of a "
					    "distinguished name, or its value is not right");
		} else if (!*at++) {
			break;
		}
	}
	if (!err && name)
		len = i2d_X509_NAME(name, &der);
	if (!err && (len <= 0 || set(to, IKE_ID_DN, der, (size_t)len)))
		err = ike_fault_set(fault, text, strlen(text), "an identity has at most %d octets",
				    IKE_ID_MAX);
	OPENSSL_free(der);
	X509_NAME_free(name);
	ERR_clear_error();
	return err;
}

static int address_parse(const char *text, uint8_t type, struct ike_id *to)
{
	uint8_t octets[16];

	if (inet_pton(type == IKE_ID_IPV4 ? AF_INET : AF_INET6, text, octets) != 1)
		return -EINVAL;
	return set(to, type, octets, type == IKE_ID_IPV4 ? 4 : 16);
}

static int hex_parse(const char *text, struct ike_id *to)
{
	uint8_t octets[IKE_ID_MAX];
	size_t i, len = strlen(text);

	if (!len || len % 2 || len / 2 > sizeof(octets))
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (hex_digit(text[i]) < 0)
			return -EINVAL;
		octets[i / 2] = (uint8_t)(octets[i / 2] << 4 | hex_digit(text[i]));
	}
	return set(to, IKE_ID_KEY_ID, octets, len / 2);
}

/* A name as DNS has it: no more is asked than that it cannot be taken for something else. */
static bool domain_right(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c <= ' ' || c >= 0x7f || strchr("=,:/@\"\\", c))
			return false;
	}
	return len && text[0] != '.';
}

static bool printable(const char *text)
{
	for (; *text > ' ' && *text < 0x7f; text++)
		;
	return !*text;
}

/* With a @forced type any name will do, as some peers have odd ones. */
static int name_parse(const char *text, uint8_t type, bool forced, struct ike_id *to,
		      struct ike_fault *fault)
{
	const char *at = strrchr(text, '@');
	bool right = *text && printable(text);

	if (!forced && type == IKE_ID_RFC822)
		right = right && at && at != text && domain_right(at + 1, strlen(at + 1)) &&
			!strchr(text, '"');
	else if (!forced)
		right = domain_right(text, strlen(text));
	if (!right || set(to, type, text, strlen(text)))
		return ike_fault_set(fault, text, strlen(text), "not an identity; one is an "
				     "address, a domain name, user@domain, or a distinguished name "
				     "such as C=DE, O=Example, CN=gw");
	return 0;
}

static int parse_as(uint8_t type, const char *text, struct ike_id *to, struct ike_fault *fault)
{
	switch (type) {
	case IKE_ID_IPV4:
	case IKE_ID_IPV6:
		if (!address_parse(text, type, to))
			return 0;
		return ike_fault_set(fault, text, strlen(text), "not an %s address",
				     type == IKE_ID_IPV4 ? "IPv4" : "IPv6");
	case IKE_ID_DN:
		return dn_parse(text, to, fault);
	case IKE_ID_KEY_ID:
		if (!strncmp(text, "0x", 2) ? !hex_parse(text + 2, to) :
		    *text && !set(to, type, text, strlen(text)))
			return 0;
		return ike_fault_set(fault, text, strlen(text), "not a key ID: some text, or 0x "
				     "and pairs of hexadecimal digits");
	default:
		return name_parse(text, type, true, to, fault);
	}
}

int ike_id_parse(const char *text, struct ike_id *to, struct ike_fault *fault)
{
	size_t i;

	if (!strcmp(text, "%any"))
		return set(to, IKE_ID_ANY, "", 0);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].prefix && !strncmp(text, types[i].prefix, strlen(types[i].prefix)))
			return parse_as(types[i].type, text + strlen(types[i].prefix), to, fault);
	}
	if (!address_parse(text, IKE_ID_IPV4, to) || !address_parse(text, IKE_ID_IPV6, to))
		return 0;
	if (strchr(text, '='))
		return dn_parse(text, to, fault);
	return name_parse(text, strchr(text, '@') ? IKE_ID_RFC822 : IKE_ID_FQDN, false, to, fault);
}

void ike_id_of_address(const struct ike_endpoint *endpoint, struct ike_id *to)
{
	set(to, endpoint->len == 4 ? IKE_ID_IPV4 : IKE_ID_IPV6, endpoint->octets, endpoint->len);
}

/* Printable octets as they are, others as \xNN. */
static void format_octets(const uint8_t *octets, size_t len, char *to, size_t size)
{
	size_t i, used = 0;

	for (i = 0; i < len && used + 5 <= size; i++) {
		if (octets[i] > ' ' && octets[i] < 0x7f && octets[i] != '\\')
			to[used++] = (char)octets[i];
		else
			used += (size_t)snprintf(to + used, size - used, "\\x%02x", octets[i]);
	}
	to[used] = '\0';
}

static void format_hex(const uint8_t *octets, size_t len, char *to, size_t size)
{
	size_t i, used = 0;

	to[0] = '\0';
	for (i = 0; i < len && used + 3 <= size; i++)
		used += (size_t)snprintf(to + used, size - used, "%02x", octets[i]);
}

/* As ike_id_parse() reads it; what is not ASCII is escaped by libcrypto. */
static bool format_dn(const struct ike_id *id, char *to, size_t size)
{
	unsigned long flags = ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_ESC_MSB |
			      ASN1_STRFLGS_UTF8_CONVERT | XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN;
	X509_NAME *name = name_of(id);
	BIO *bio = BIO_new(BIO_s_mem());
	bool right = false;
	int len;

	if (name && bio && X509_NAME_print_ex(bio, name, 0, flags) >= 0) {
		len = BIO_read(bio, to, (int)size - 1);
		to[len > 0 ? len : 0] = '\0';
		right = len > 0;
	}
	BIO_free(bio);
	X509_NAME_free(name);
	ERR_clear_error();
	return right;
}

const char *ike_id_format(const struct ike_id *id, char to[IKE_ID_TEXT_SIZE])
{
	switch (id->type) {
	case IKE_ID_ANY:
		snprintf(to, IKE_ID_TEXT_SIZE, "%%any");
		return to;
	case IKE_ID_IPV4:
	case IKE_ID_IPV6:
		if (id->len != (id->type == IKE_ID_IPV4 ? 4 : 16))
			break;
		inet_ntop(id->type == IKE_ID_IPV4 ? AF_INET : AF_INET6, id->data, to,
			  IKE_ID_TEXT_SIZE);
		return to;
	case IKE_ID_FQDN:
	case IKE_ID_RFC822:
		format_octets(id->data, id->len, to, IKE_ID_TEXT_SIZE);
		return to;
	case IKE_ID_DN:
		if (!format_dn(id, to, IKE_ID_TEXT_SIZE))
			break;
		return to;
	}
	snprintf(to, IKE_ID_TEXT_SIZE, "%s:0x", id->type == IKE_ID_KEY_ID ? "keyid" : "type");
	if (id->type != IKE_ID_KEY_ID)
		snprintf(to, IKE_ID_TEXT_SIZE, "type%u:0x", id->type);
	format_hex(id->data, id->len, to + strlen(to), IKE_ID_TEXT_SIZE - strlen(to));
	return to;
}

static bool dn_equal(const struct ike_id *a, const struct ike_id *b)
{
	X509_NAME *a_name = name_of(a), *b_name = name_of(b);
	bool equal = a_name && b_name && !X509_NAME_cmp(a_name, b_name);

	X509_NAME_free(a_name);
	X509_NAME_free(b_name);
	return equal;
}

/* Before @ case counts (RFC 5321 section 2.3.11), behind it and in a domain name it does not. */
static bool name_equal(const struct ike_id *a, const struct ike_id *b)
{
	size_t local = 0, i;

	if (a->len != b->len)
		return false;
	for (i = 0; a->type == IKE_ID_RFC822 && i < a->len; i++) {
		if (a->data[i] == '@')
			local = i;
	}
	return !memcmp(a->data, b->data, local) &&
	       !strncasecmp((const char *)a->data + local, (const char *)b->data + local,
			    a->len - local);
}

bool ike_id_equal(const struct ike_id *a, const struct ike_id *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == IKE_ID_FQDN || a->type == IKE_ID_RFC822)
		return name_equal(a, b);
	if (a->len == b->len && !memcmp(a->data, b->data, a->len))
		return true;
	return a->type == IKE_ID_DN && dn_equal(a, b);
}

bool ike_id_match(const struct ike_id *configured, const struct ike_id *id)
{
	return configured->type == IKE_ID_ANY || ike_id_equal(configured, id);
}

/*	type (1) | reserved (3) | data */
enum ike_wire_status ike_id_read(const struct ike_payload *payload, struct ike_id *to)
{
	struct ike_span body = payload->body;

	if (body.len < 4)
		return IKE_WIRE_SHORT;
	body.at += 4;
	body.len -= 4;
	/* %any is for configuration, not for the network. */
	if (payload->body.at[0] == IKE_ID_ANY)
		return IKE_WIRE_VALUE;
	if (set(to, payload->body.at[0], body.at, body.len))
		return IKE_WIRE_TOO_LONG;
	switch (to->type) {
	case IKE_ID_IPV4:
		return to->len == 4 ? IKE_WIRE_OK : IKE_WIRE_LENGTH;
	case IKE_ID_IPV6:
		return to->len == 16 ? IKE_WIRE_OK : IKE_WIRE_LENGTH;
	case IKE_ID_FQDN:
	case IKE_ID_RFC822:
		if (!to->len)
			return IKE_WIRE_SHORT;
		return memchr(to->data, '\0', to->len) ? IKE_WIRE_VALUE : IKE_WIRE_OK;
	case IKE_ID_DN:
		return name_right(to) ? IKE_WIRE_OK : IKE_WIRE_VALUE;
	default:
		return to->len ? IKE_WIRE_OK : IKE_WIRE_SHORT;
	}
}

size_t ike_id_body(const struct ike_id *id, uint8_t to[IKE_ID_MAX + 4])
{
	memset(to, 0, 4);
	to[0] = id->type;
	memcpy(to + 4, id->data, id->len);
	return 4U + id->len;
}

void ike_put_id(struct ike_writer *writer, uint8_t type, const struct ike_id *id)
{
	uint8_t body[IKE_ID_MAX + 4];

	ike_payload_begin(writer, type);
	ike_put(writer, body, ike_id_body(id, body));
	ike_payload_end(writer);
}
