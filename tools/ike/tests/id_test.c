// SPDX-License-Identifier: MIT
#include "id.h"
#include "test.h"

static struct ike_id id_of(const char *text)
{
	struct ike_fault fault;
	struct ike_id id;

	if (ike_id_parse(text, &id, &fault))
		fail_msg("%s: '%s': %s", text, fault.word, fault.why);
	return id;
}

static void identities_survive_reading_and_writing(void **state)
{
	static const struct {
		const char *text;
		uint8_t type;
		const char *written;
	} cases[] = {
		{ "192.0.2.1", IKE_ID_IPV4, NULL },
		{ "2001:DB8::1", IKE_ID_IPV6, "2001:db8::1" },
		{ "hq.example", IKE_ID_FQDN, NULL },
		{ "fqdn:192.0.2.1", IKE_ID_FQDN, "192.0.2.1" },
		{ "fqdn:@office", IKE_ID_FQDN, "@office" },
		{ "me@hq.example", IKE_ID_RFC822, NULL },
		{ "email:a@b", IKE_ID_RFC822, "a@b" },
		{ "ipv4:192.0.2.1", IKE_ID_IPV4, "192.0.2.1" },
		{ "C=DE, O=Example, CN=gw", IKE_ID_DN, NULL },
		{ "C=DE,O=Example\\, Inc. ,CN= gw", IKE_ID_DN, "C=DE, O=Example\\, Inc., CN=gw" },
		{ "dn:CN=a=b", IKE_ID_DN, "CN=a=b" },
		{ "CN=M\\C3\\BCnchen", IKE_ID_DN, "CN=M\\C3\\BCnchen" },
		{ "O=x, E=me@hq.example", IKE_ID_DN, "O=x, emailAddress=me@hq.example" },
		{ "keyid:office 1", IKE_ID_KEY_ID, "keyid:0x6f66666963652031" },
		{ "keyid:0x00fF", IKE_ID_KEY_ID, "keyid:0x00ff" },
		{ "%any", IKE_ID_ANY, NULL },
	};
	char text[IKE_ID_TEXT_SIZE];
	struct ike_id id, again;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		id = id_of(cases[i].text);
		assert_int_equal(id.type, cases[i].type);
		assert_string_equal(ike_id_format(&id, text),
				    cases[i].written ? cases[i].written : cases[i].text);
		if (strncmp(cases[i].text, "fqdn:", 5)) {
			again = id_of(text);
			assert_true(ike_id_equal(&id, &again));
		}
	}
	/* UTF-8 as it stands is the same as escaped */
	id = id_of("CN=M\303\274nchen");
	again = id_of("CN=M\\C3\\BCnchen");
	assert_true(ike_id_equal(&id, &again));
}

static void wrong_identities_are_explained(void **state)
{
	static const char *const cases[][2] = {
		{ "", "not an identity; one is an address, a domain name, user@domain, or a "
		      "distinguished name such as C=DE, O=Example, CN=gw" },
		{ "a b", "not an identity; one is an address, a domain name, user@domain, or a "
			 "distinguished name such as C=DE, O=Example, CN=gw" },
		{ "@hq.example", "not an identity; one is an address, a domain name, user@domain, "
				 "or a distinguished name such as C=DE, O=Example, CN=gw" },
		{ "fqdn:", "not an identity; one is an address, a domain name, user@domain, or a "
			   "distinguished name such as C=DE, O=Example, CN=gw" },
		{ "fqdn:a b", "not an identity; one is an address, a domain name, user@domain, or "
			      "a distinguished name such as C=DE, O=Example, CN=gw" },
		{ "me@", "not an identity; one is an address, a domain name, user@domain, or a "
			 "distinguished name such as C=DE, O=Example, CN=gw" },
		{ "ipv4:hq.example", "not an IPv4 address" },
		{ "ipv6:192.0.2.1", "not an IPv6 address" },
		{ "keyid:", "not a key ID: some text, or 0x and pairs of hexadecimal digits" },
		{ "keyid:0xabc", "not a key ID: some text, or 0x and pairs of hexadecimal digits" },
		{ "keyid:0xzz", "not a key ID: some text, or 0x and pairs of hexadecimal digits" },
		{ "C=DE,CN", "not a distinguished name; one reads like C=DE, O=Example, CN=gw" },
		{ "C=DE,", "not a distinguished name; one reads like C=DE, O=Example, CN=gw" },
		{ "C=DE,=x", "not a distinguished name; one reads like C=DE, O=Example, CN=gw" },
		{ "C=DE,CN=", "not a distinguished name; one reads like C=DE, O=Example, CN=gw" },
		{ "XY=z", "not an attribute of a distinguished name, or its value is not right" },
		{ "C=Germany",
		  "not an attribute of a distinguished name, or its value is not right" },
		{ "CN=\\ff", "not an attribute of a distinguished name, or its value is not right" },
	};
	char longest[IKE_ID_MAX + 2];
	struct ike_fault fault;
	struct ike_id id;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (ike_id_parse(cases[i][0], &id, &fault) != -EINVAL)
			fail_msg("%s", cases[i][0]);
		assert_string_equal(fault.why, cases[i][1]);
	}
	memset(longest, 'a', sizeof(longest));
	longest[IKE_ID_MAX] = '\0';
	assert_int_equal(ike_id_parse(longest, &id, &fault), 0);
	longest[IKE_ID_MAX] = 'a';
	longest[IKE_ID_MAX + 1] = '\0';
	assert_int_equal(ike_id_parse(longest, &id, &fault), -EINVAL);
}

static void names_are_compared_as_names(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{ "hq.example", "HQ.Example", true },
		{ "hq.example", "hq.example.", false },
		{ "hq.example", "hq1.example", false },
		{ "me@hq.example", "me@HQ.example", true },
		{ "me@hq.example", "Me@hq.example", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.1", "fqdn:192.0.2.1", false },
		{ "C=DE, O=Example, CN=gw", "C=DE,O=example,CN=GW", true },
		{ "C=DE, O=Example, CN=gw", "O=Example, C=DE, CN=gw", false },
		{ "C=DE, O=Example, CN=gw", "C=DE, O=Example", false },
		{ "C=DE, O=Exa mple", "C=DE, O=Exa  mple", true },
		{ "keyid:A", "keyid:a", false },
		{ "%any", "hq.example", false },
	};
	struct ike_id a, b;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		a = id_of(cases[i].a);
		b = id_of(cases[i].b);
		if (ike_id_equal(&a, &b) != cases[i].equal)
			fail_msg("%s, %s", cases[i].a, cases[i].b);
		assert_int_equal(ike_id_equal(&b, &a), cases[i].equal);
	}
	a = id_of("%any");
	assert_true(ike_id_match(&a, &b));
	a = id_of("other.example");
	assert_false(ike_id_match(&a, &b));
}

static void payloads_are_read_and_written(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1", "hq.example",
					     "me@hq.example", "C=DE, CN=gw", "keyid:x" };
	uint8_t to[256], body[IKE_ID_MAX + 4];
	struct ike_id id, read;
	struct ike_writer writer;
	struct ike_chain chain;
	ptrdiff_t len;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		id = id_of(texts[i]);
		ike_chain_begin(&writer, to, sizeof(to));
		ike_put_id(&writer, IKE_PAYLOAD_IDI, &id);
		len = ike_message_end(&writer);
		assert_int_equal(ike_chain_parse(writer.first,
						 (struct ike_span){ to, (size_t)len }, true,
						 &chain), 0);
		assert_int_equal(chain.payloads[0].body.len, ike_id_body(&id, body));
		assert_memory_equal(chain.payloads[0].body.at, body, chain.payloads[0].body.len);
		assert_int_equal(ike_id_read(&chain.payloads[0], &read), IKE_WIRE_OK);
		assert_true(ike_id_equal(&id, &read));
	}
	id = id_of("hq.example");
	assert_hex(body, ike_id_body(&id, body), "02 000000 68712e6578616d706c65");
}

static void wrong_payloads_are_refused(void **state)
{
	static const struct {
		const char *body;
		enum ike_wire_status status;
	} cases[] = {
		{ "020000", IKE_WIRE_SHORT },	       { "02000000", IKE_WIRE_SHORT },
		{ "02000000 61", IKE_WIRE_OK },	       { "02000000 6100", IKE_WIRE_VALUE },
		{ "03000000 61", IKE_WIRE_OK },	       { "01000000 c00002", IKE_WIRE_LENGTH },
		{ "01000000 c0000201", IKE_WIRE_OK },  { "01000000 c000020100", IKE_WIRE_LENGTH },
		{ "05000000 c0000201", IKE_WIRE_LENGTH },
		{ "00000000 61", IKE_WIRE_VALUE },     { "0b000000", IKE_WIRE_SHORT },
		{ "0b000000 00", IKE_WIRE_OK },	       { "0a000000 00", IKE_WIRE_OK },
		{ "ff000000 00", IKE_WIRE_OK },
		/* DER of CN=a; with an octet too many, too few, empty, and nonsense */
		{ "09000000 300c310a300806035504030c0161", IKE_WIRE_OK },
		{ "09000000 300c310a300806035504030c016100", IKE_WIRE_VALUE },
		{ "09000000 300c310a300806035504030c01", IKE_WIRE_VALUE },
		{ "09000000 3000", IKE_WIRE_VALUE },   { "09000000", IKE_WIRE_VALUE },
		{ "09000000 ffffffff", IKE_WIRE_VALUE },
	};
	struct ike_payload payload = { .type = IKE_PAYLOAD_IDI };
	static uint8_t octets[IKE_ID_MAX + 5];
	struct ike_id id;
	uint8_t *exact;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		payload.body = unhex(cases[i].body, octets, sizeof(octets));
		exact = malloc(payload.body.len);
		memcpy(exact, octets, payload.body.len);
		payload.body.at = exact;
		if (ike_id_read(&payload, &id) != cases[i].status)
			fail_msg("case %zu: %s", i, cases[i].body);
		free(exact);
	}
	memset(octets, 'a', sizeof(octets));
	octets[0] = IKE_ID_FQDN;
	payload.body = IKE_SPAN(octets);
	assert_int_equal(ike_id_read(&payload, &id), IKE_WIRE_TOO_LONG);
	payload.body.len--;
	assert_int_equal(ike_id_read(&payload, &id), IKE_WIRE_OK);
}

/* What a peer sends goes to a terminal and to logs. */
static void what_is_not_printable_is_escaped(void **state)
{
	static const char hostile[] = "a\033[2J\n\\\377";
	struct ike_id id = { .type = IKE_ID_FQDN, .len = sizeof(hostile) - 1 };
	char text[IKE_ID_TEXT_SIZE];

	(void)state;
	memcpy(id.data, hostile, id.len);
	assert_string_equal(ike_id_format(&id, text), "a\\x1b[2J\\x0a\\x5c\\xff");
	id.len = IKE_ID_MAX;
	memset(id.data, '\n', id.len);
	ike_id_format(&id, text);
	assert_true(strlen(text) < sizeof(text));
	id.type = 77;
	id.len = 2;
	assert_string_equal(ike_id_format(&id, text), "type77:0x0a0a");
	id.type = IKE_ID_IPV4;
	assert_string_equal(ike_id_format(&id, text), "type1:0x0a0a");
	id.type = IKE_ID_DN;
	assert_string_equal(ike_id_format(&id, text), "type9:0x0a0a");
	/* DER of CN=<escape, newline> */
	unhex("300d310b300906035504030c021b0a", id.data, sizeof(id.data));
	id.len = 15;
	assert_string_equal(ike_id_format(&id, text), "CN=\\1B\\0A");
}

static void addresses_are_identities(void **state)
{
	struct ike_endpoint endpoint = { .len = 16, .octets = { 0x20, 1, 0xd, 0xb8 } };
	struct ike_id id, right = id_of("2001:db8::");

	(void)state;
	ike_id_of_address(&endpoint, &id);
	assert_true(ike_id_equal(&id, &right));
	assert_string_equal(ike_id_type_name(IKE_ID_RFC822), "email");
	assert_string_equal(ike_id_type_name(99), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identities_survive_reading_and_writing),
		cmocka_unit_test(wrong_identities_are_explained),
		cmocka_unit_test(names_are_compared_as_names),
		cmocka_unit_test(payloads_are_read_and_written),
		cmocka_unit_test(wrong_payloads_are_refused),
		cmocka_unit_test(what_is_not_printable_is_escaped),
		cmocka_unit_test(addresses_are_identities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
