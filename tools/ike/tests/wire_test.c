// SPDX-License-Identifier: MIT
#include "test.h"
#include "wire.h"

static const struct ike_header header = {
	.spi_i = UINT64_C(0x0102030405060708),
	.spi_r = UINT64_C(0x1112131415161718),
	.exchange = IKE_INFORMATIONAL,
	.flags = IKE_FLAG_INITIATOR,
	.message_id = 0x21222324,
};

/* What was read of octets in a buffer of exactly their size, so that nothing is read beyond. */
static enum ike_wire_status parse(const char *text, struct ike_view *view, uint8_t **octets)
{
	uint8_t buffer[1024];
	struct ike_span span = unhex(text, buffer, sizeof(buffer));

	*octets = malloc(span.len ? span.len : 1);
	assert_non_null(*octets);
	memcpy(*octets, buffer, span.len);
	return ike_message_parse((struct ike_span){ *octets, span.len }, view);
}

static void a_message_is_written_as_the_rfc_draws_it(void **state)
{
	static const uint32_t spis[] = { 0x31323334, 0x41424344 };
	struct ike_writer writer;
	uint8_t to[128];
	ptrdiff_t len;

	(void)state;
	ike_message_begin(&writer, to, sizeof(to), &header);
	ike_put_notify(&writer, IKE_COOKIE, "abc", 3);
	ike_put_notify_child(&writer, IKE_REKEY_SA, IKE_PROTOCOL_ESP, 0x51525354);
	ike_put_delete(&writer, IKE_PROTOCOL_ESP, spis, 2);
	ike_put_delete(&writer, IKE_PROTOCOL_IKE, NULL, 0);
	len = ike_message_end(&writer);
	assert_int_equal(writer.first, IKE_PAYLOAD_NOTIFY);
	assert_hex(to, (size_t)len,
		   "0102030405060708 1112131415161718 29 20 25 08 21222324 0000004b"
		   "29 00 000b  00 00 4006 616263"
		   "2a 00 000c  03 04 4009 51525354"
		   "2a 00 0010  03 04 0002 31323334 41424344"
		   "00 00 0008  01 00 0000");
}

static void what_was_written_is_read(void **state)
{
	static const uint8_t nonce[32] = { 1, 2, 3 }, value[32] = { 4, 5, 6 };
	struct ike_coded coded;
	struct ike_writer writer;
	struct ike_span span;
	struct ike_view view;
	struct ike_ke ke;
	uint8_t to[512];
	ptrdiff_t len;

	(void)state;
	ike_message_begin(&writer, to, sizeof(to), &header);
	ike_put_ke(&writer, 31, value, sizeof(value));
	ike_put_nonce(&writer, nonce, sizeof(nonce));
	ike_put_coded(&writer, IKE_PAYLOAD_CERT, IKE_ENCODING_X509, "cert", 4);
	ike_put_coded(&writer, IKE_PAYLOAD_CERTREQ, IKE_ENCODING_X509, NULL, 0);
	ike_put_coded(&writer, IKE_PAYLOAD_AUTH, 14, "auth", 4);
	ike_put_vendor(&writer, "vendor", 6);
	len = ike_message_end(&writer);
	assert_true(len > 0);

	assert_int_equal(ike_message_parse((struct ike_span){ to, (size_t)len }, &view),
			 IKE_WIRE_OK);
	assert_int_equal(view.header.spi_i, header.spi_i);
	assert_int_equal(view.header.spi_r, header.spi_r);
	assert_int_equal(view.header.exchange, IKE_INFORMATIONAL);
	assert_int_equal(view.header.message_id, header.message_id);
	assert_int_equal(view.header.length, len);
	assert_int_equal(view.chain.count, 6);
	assert_int_equal(ike_chain_count(&view.chain, IKE_PAYLOAD_CERT), 1);
	assert_null(ike_chain_find(&view.chain, IKE_PAYLOAD_SA));

	assert_int_equal(ike_ke_parse(ike_chain_find(&view.chain, IKE_PAYLOAD_KE), &ke), 0);
	assert_int_equal(ke.group, 31);
	assert_int_equal(ke.data.len, sizeof(value));
	assert_memory_equal(ke.data.at, value, sizeof(value));
	assert_int_equal(ike_nonce_parse(ike_chain_find(&view.chain, IKE_PAYLOAD_NONCE), &span), 0);
	assert_int_equal(span.len, sizeof(nonce));
	assert_memory_equal(span.at, nonce, sizeof(nonce));
	assert_int_equal(ike_coded_parse(ike_chain_find(&view.chain, IKE_PAYLOAD_CERT), &coded), 0);
	assert_int_equal(coded.code, IKE_ENCODING_X509);
	assert_int_equal(coded.data.len, 4);
	assert_int_equal(ike_coded_parse(ike_chain_find(&view.chain, IKE_PAYLOAD_CERTREQ), &coded),
			 0);
	assert_int_equal(coded.data.len, 0);
	assert_int_equal(ike_coded_parse(ike_chain_find(&view.chain, IKE_PAYLOAD_AUTH), &coded), 0);
	assert_int_equal(coded.code, 14);
	assert_memory_equal(coded.data.at, "auth", 4);
}

static void wrong_messages_are_refused_for_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		enum ike_wire_status status;
	} cases[] = {
		{ "", IKE_WIRE_SHORT },
		{ "0102030405060708 1112131415161718 00 20 25 08 21222324 000000", IKE_WIRE_SHORT },
		{ "0102030405060708 1112131415161718 00 20 25 08 21222324 0000001c", IKE_WIRE_OK },
		{ "0102030405060708 1112131415161718 00 2f 25 08 21222324 0000001c", IKE_WIRE_OK },
		{ "0102030405060708 1112131415161718 00 10 25 08 21222324 0000001c",
		  IKE_WIRE_MAJOR },
		{ "0102030405060708 1112131415161718 00 30 25 08 21222324 0000001c",
		  IKE_WIRE_MAJOR },
		{ "0000000000000000 1112131415161718 00 20 25 08 21222324 0000001c", IKE_WIRE_SPI },
		{ "0102030405060708 1112131415161718 00 20 25 08 21222324 0000001b",
		  IKE_WIRE_LENGTH },
		{ "0102030405060708 1112131415161718 00 20 25 08 21222324 0000001d",
		  IKE_WIRE_LENGTH },
		{ "0102030405060708 1112131415161718 00 20 25 08 21222324 ffffffff",
		  IKE_WIRE_LENGTH },
		{ "0102030405060708 1112131415161718 00 20 25 08 21222324 0000001c 00",
		  IKE_WIRE_TRAILING },
		{ "0102030405060708 1112131415161718 00 20 25 08 21222324 0000001d 00",
		  IKE_WIRE_TRAILING },
		/* a payload that is not there, is cut, is shorter than its header, or too long */
		{ "0102030405060708 1112131415161718 29 20 25 08 21222324 0000001c",
		  IKE_WIRE_SHORT },
		{ "0102030405060708 1112131415161718 29 20 25 08 21222324 0000001f 000000",
		  IKE_WIRE_SHORT },
		{ "0102030405060708 1112131415161718 29 20 25 08 21222324 00000020 00000003",
		  IKE_WIRE_LENGTH },
		{ "0102030405060708 1112131415161718 29 20 25 08 21222324 00000020 00000000",
		  IKE_WIRE_LENGTH },
		{ "0102030405060708 1112131415161718 29 20 25 08 21222324 00000020 00000005",
		  IKE_WIRE_LENGTH },
		{ "0102030405060708 1112131415161718 29 20 25 08 21222324 00000020 29000004",
		  IKE_WIRE_SHORT },
		/* unknown, not critical; unknown and critical; known, critical */
		{ "0102030405060708 1112131415161718 f0 20 25 08 21222324 00000020 00000004",
		  IKE_WIRE_OK },
		{ "0102030405060708 1112131415161718 f0 20 25 08 21222324 00000020 00800004",
		  IKE_WIRE_CRITICAL },
		{ "0102030405060708 1112131415161718 2b 20 25 08 21222324 00000020 00800004",
		  IKE_WIRE_OK },
		/* SK is the last whatever its next payload; something behind it */
		{ "0102030405060708 1112131415161718 2e 20 25 08 21222324 00000021 29000005 00",
		  IKE_WIRE_OK },
		{ "0102030405060708 1112131415161718 2e 20 25 08 21222324 00000021 29000004 00",
		  IKE_WIRE_TRAILING },
	};
	struct ike_view view;
	uint8_t *octets;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (parse(cases[i].text, &view, &octets) != cases[i].status)
			fail_msg("case %zu: %s", i, cases[i].text);
		free(octets);
	}
}

static void the_critical_payload_is_named(void **state)
{
	struct ike_view view;
	uint8_t *octets;

	(void)state;
	assert_int_equal(parse("0102030405060708 1112131415161718 2b 20 25 08 21222324 00000024 "
			       "f0000004 00800004", &view, &octets), IKE_WIRE_CRITICAL);
	assert_int_equal(view.chain.critical, 0xf0);
	free(octets);
}

static void a_chain_has_a_bound(void **state)
{
	uint8_t octets[(IKE_PAYLOADS_MAX + 1) * 4];
	struct ike_chain chain;
	size_t i;

	(void)state;
	for (i = 0; i <= IKE_PAYLOADS_MAX; i++)
		memcpy(octets + 4 * i, i == IKE_PAYLOADS_MAX ? "\0\0\0\4" : "+\0\0\4", 4);
	assert_int_equal(ike_chain_parse(IKE_PAYLOAD_VENDOR, IKE_SPAN(octets), true, &chain),
			 IKE_WIRE_TOO_MANY);
	octets[sizeof(octets) - 8] = 0;
	assert_int_equal(ike_chain_parse(IKE_PAYLOAD_VENDOR,
					 (struct ike_span){ octets, sizeof(octets) - 4 }, true,
					 &chain), IKE_WIRE_OK);
	assert_int_equal(chain.count, IKE_PAYLOADS_MAX);
}

static void nothing_encrypted_is_inside_what_was_encrypted(void **state)
{
	static const uint8_t sk[] = { 0, 0, 0, 4 };
	struct ike_chain chain;

	(void)state;
	assert_int_equal(ike_chain_parse(IKE_PAYLOAD_SK, IKE_SPAN(sk), true, &chain),
			 IKE_WIRE_VALUE);
	assert_int_equal(ike_chain_parse(IKE_PAYLOAD_SKF, IKE_SPAN(sk), true, &chain),
			 IKE_WIRE_VALUE);
	assert_int_equal(ike_chain_parse(IKE_PAYLOAD_NONE, IKE_SPAN(sk), true, &chain),
			 IKE_WIRE_TRAILING);
	assert_int_equal(ike_chain_parse(IKE_PAYLOAD_NONE, (struct ike_span){ NULL, 0 }, true,
					 &chain), IKE_WIRE_OK);
	assert_int_equal(chain.count, 0);
}

static void notifications_keep_to_their_lengths(void **state)
{
	static const struct {
		const char *body;
		enum ike_wire_status status;
		uint16_t type;
	} cases[] = {
		{ "000040", IKE_WIRE_SHORT, 0 },
		{ "0000 4000", IKE_WIRE_OK, IKE_INITIAL_CONTACT },
		{ "0100 4000", IKE_WIRE_OK, IKE_INITIAL_CONTACT },
		{ "0108 4000 0102030405060708", IKE_WIRE_OK, IKE_INITIAL_CONTACT },
		{ "0000 4000 00", IKE_WIRE_LENGTH, IKE_INITIAL_CONTACT },
		{ "00ff 4000", IKE_WIRE_LENGTH, IKE_INITIAL_CONTACT },
		{ "0304 4009 010203", IKE_WIRE_LENGTH, IKE_REKEY_SA },
		{ "0304 4009 01020304", IKE_WIRE_OK, IKE_REKEY_SA },
		{ "0300 4009", IKE_WIRE_VALUE, IKE_REKEY_SA },
		{ "0004 4009 01020304", IKE_WIRE_VALUE, IKE_REKEY_SA },
		{ "0308 4009 0102030405060708", IKE_WIRE_VALUE, IKE_REKEY_SA },
		{ "0104 4000 01020304", IKE_WIRE_VALUE, IKE_INITIAL_CONTACT },
		{ "0400 4000", IKE_WIRE_VALUE, IKE_INITIAL_CONTACT },
		{ "0000 4006", IKE_WIRE_LENGTH, IKE_COOKIE },
		{ "0000 4006 01", IKE_WIRE_OK, IKE_COOKIE },
		{ "0000 0011", IKE_WIRE_LENGTH, IKE_INVALID_KE_PAYLOAD },
		{ "0000 0011 0013", IKE_WIRE_OK, IKE_INVALID_KE_PAYLOAD },
		{ "0000 0011 001300", IKE_WIRE_LENGTH, IKE_INVALID_KE_PAYLOAD },
		{ "0000 4004 00112233445566778899aabbccddeeff001122", IKE_WIRE_LENGTH,
		  IKE_NAT_DETECTION_SOURCE_IP },
		{ "0000 4004 00112233445566778899aabbccddeeff00112233", IKE_WIRE_OK,
		  IKE_NAT_DETECTION_SOURCE_IP },
		{ "0000 402f 0002", IKE_WIRE_OK, IKE_SIGNATURE_HASH_ALGORITHMS },
		{ "0000 402f 000200", IKE_WIRE_LENGTH, IKE_SIGNATURE_HASH_ALGORITHMS },
		{ "0000 402f", IKE_WIRE_LENGTH, IKE_SIGNATURE_HASH_ALGORITHMS },
		{ "0000 fff0 010203", IKE_WIRE_OK, 0xfff0 },
	};
	struct ike_payload payload = { .type = IKE_PAYLOAD_NOTIFY };
	struct ike_notify notify;
	uint8_t octets[64], *exact;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		payload.body = unhex(cases[i].body, octets, sizeof(octets));
		exact = malloc(payload.body.len);
		memcpy(exact, octets, payload.body.len);
		payload.body.at = exact;
		if (ike_notify_parse(&payload, &notify) != cases[i].status)
			fail_msg("case %zu: %s", i, cases[i].body);
		if (cases[i].type)
			assert_int_equal(notify.type, cases[i].type);
		free(exact);
	}
}

static void notifications_are_found_among_others(void **state)
{
	struct ike_notify notify;
	struct ike_writer writer;
	struct ike_chain chain;
	uint8_t to[128];
	ptrdiff_t len;

	(void)state;
	ike_chain_begin(&writer, to, sizeof(to));
	ike_put_notify(&writer, IKE_INITIAL_CONTACT, "x", 1);
	ike_put_notify(&writer, IKE_COOKIE, "yes", 3);
	ike_put_notify(&writer, IKE_TS_UNACCEPTABLE, NULL, 0);
	len = ike_message_end(&writer);
	assert_int_equal(ike_chain_parse(writer.first, (struct ike_span){ to, (size_t)len }, true,
					 &chain), IKE_WIRE_OK);
	assert_true(ike_chain_notify(&chain, IKE_COOKIE, &notify));
	assert_int_equal(notify.data.len, 3);
	/* this one is malformed */
	assert_false(ike_chain_notify(&chain, IKE_INITIAL_CONTACT, &notify));
	assert_false(ike_chain_notify(&chain, IKE_REKEY_SA, &notify));
	assert_true(ike_chain_error(&chain, &notify));
	assert_int_equal(notify.type, IKE_TS_UNACCEPTABLE);
}

static void deletes_keep_to_their_lengths(void **state)
{
	static const struct {
		const char *body;
		enum ike_wire_status status;
	} cases[] = {
		{ "010000", IKE_WIRE_SHORT },
		{ "0100 0000", IKE_WIRE_OK },
		{ "0108 0000", IKE_WIRE_VALUE },
		{ "0100 0001", IKE_WIRE_VALUE },
		{ "0100 0000 00", IKE_WIRE_LENGTH },
		{ "0304 0000", IKE_WIRE_OK },
		{ "0304 0001 01020304", IKE_WIRE_OK },
		{ "0304 0002 01020304", IKE_WIRE_LENGTH },
		{ "0304 0001 0102030405", IKE_WIRE_LENGTH },
		{ "0300 ffff", IKE_WIRE_VALUE },
		{ "0308 0001 0102030405060708", IKE_WIRE_VALUE },
		{ "0004 0001 01020304", IKE_WIRE_VALUE },
	};
	struct ike_payload payload = { .type = IKE_PAYLOAD_DELETE };
	struct ike_delete del;
	uint8_t octets[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		payload.body = unhex(cases[i].body, octets, sizeof(octets));
		if (ike_delete_parse(&payload, &del) != cases[i].status)
			fail_msg("case %zu: %s", i, cases[i].body);
	}
	payload.body = unhex("0304 0002 01020304 a1a2a3a4", octets, sizeof(octets));
	assert_int_equal(ike_delete_parse(&payload, &del), IKE_WIRE_OK);
	assert_int_equal(ike_delete_spi(&del, 0), 0x01020304);
	assert_int_equal(ike_delete_spi(&del, 1), 0xa1a2a3a4);
}

static void other_payloads_keep_to_their_lengths(void **state)
{
	static const uint8_t octets[300];
	struct ike_payload payload = { .type = IKE_PAYLOAD_KE, .body = { octets, 4 } };
	struct ike_coded coded;
	struct ike_span nonce;
	struct ike_ke ke;

	(void)state;
	assert_int_equal(ike_ke_parse(&payload, &ke), IKE_WIRE_SHORT);
	payload.body.len = 3;
	assert_int_equal(ike_ke_parse(&payload, &ke), IKE_WIRE_SHORT);

	payload.type = IKE_PAYLOAD_NONCE;
	payload.body.len = IKE_NONCE_MIN - 1;
	assert_int_equal(ike_nonce_parse(&payload, &nonce), IKE_WIRE_LENGTH);
	payload.body.len = IKE_NONCE_MIN;
	assert_int_equal(ike_nonce_parse(&payload, &nonce), IKE_WIRE_OK);
	payload.body.len = IKE_NONCE_MAX;
	assert_int_equal(ike_nonce_parse(&payload, &nonce), IKE_WIRE_OK);
	payload.body.len = IKE_NONCE_MAX + 1;
	assert_int_equal(ike_nonce_parse(&payload, &nonce), IKE_WIRE_LENGTH);

	payload.type = IKE_PAYLOAD_AUTH;
	payload.body.len = 3;
	assert_int_equal(ike_coded_parse(&payload, &coded), IKE_WIRE_SHORT);
	payload.body.len = 4;
	assert_int_equal(ike_coded_parse(&payload, &coded), IKE_WIRE_SHORT);
	payload.body.len = 5;
	assert_int_equal(ike_coded_parse(&payload, &coded), IKE_WIRE_OK);
	payload.type = IKE_PAYLOAD_CERTREQ;
	payload.body = (struct ike_span){ (const uint8_t *)"\4aaaaaaaaaaaaaaaaaaaab", 22 };
	assert_int_equal(ike_coded_parse(&payload, &coded), IKE_WIRE_LENGTH);
	payload.body.len = 21;
	assert_int_equal(ike_coded_parse(&payload, &coded), IKE_WIRE_OK);
	payload.body.len = 0;
	assert_int_equal(ike_coded_parse(&payload, &coded), IKE_WIRE_SHORT);
}

/* For every size that is too small, the writer stays inside and says so. */
static void a_writer_does_not_leave_its_buffer(void **state)
{
	struct ike_writer writer;
	uint8_t *to;
	size_t size;

	(void)state;
	for (size = 0; size <= 64; size++) {
		to = malloc(size ? size : 1);
		ike_message_begin(&writer, to, size, &header);
		ike_put_nonce(&writer, "0123456789abcdef", 16);
		ike_put_notify_child(&writer, IKE_REKEY_SA, IKE_PROTOCOL_ESP, 1);
		assert_int_equal(ike_message_end(&writer),
				 size < 60 ? -EMSGSIZE : 60);
		free(to);
	}
}

static void a_writer_notices_misuse(void **state)
{
	static uint8_t to[70000], big[66000];
	struct ike_writer writer;

	(void)state;
	ike_chain_begin(&writer, to, sizeof(to));
	ike_payload_begin(&writer, IKE_PAYLOAD_NONCE);
	assert_int_equal(ike_message_end(&writer), -EMSGSIZE);

	ike_chain_begin(&writer, to, sizeof(to));
	ike_payload_end(&writer);
	assert_int_equal(ike_message_end(&writer), -EMSGSIZE);

	ike_chain_begin(&writer, to, sizeof(to));
	ike_put_vendor(&writer, big, sizeof(big));
	assert_int_equal(ike_message_end(&writer), -EMSGSIZE);

	ike_chain_begin(&writer, to, sizeof(to));
	assert_int_equal(ike_message_end(&writer), 0);
	assert_int_equal(writer.first, IKE_PAYLOAD_NONE);
}

static void names_are_those_of_the_rfc(void **state)
{
	(void)state;
	assert_string_equal(ike_notify_name(IKE_NO_PROPOSAL_CHOSEN), "NO_PROPOSAL_CHOSEN");
	assert_string_equal(ike_notify_name(12345), "?");
	assert_string_equal(ike_exchange_name(IKE_AUTH), "IKE_AUTH");
	assert_string_equal(ike_exchange_name(0), "?");
	assert_string_equal(ike_payload_name(IKE_PAYLOAD_SKF), "SKF");
	assert_string_equal(ike_protocol_name(IKE_PROTOCOL_ESP), "ESP");
	assert_string_equal(ike_wire_text(IKE_WIRE_TRAILING), "octets follow the last payload");
	assert_string_equal(ike_wire_text((enum ike_wire_status)99), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_written_as_the_rfc_draws_it),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(wrong_messages_are_refused_for_what_is_wrong),
		cmocka_unit_test(the_critical_payload_is_named),
		cmocka_unit_test(a_chain_has_a_bound),
		cmocka_unit_test(nothing_encrypted_is_inside_what_was_encrypted),
		cmocka_unit_test(notifications_keep_to_their_lengths),
		cmocka_unit_test(notifications_are_found_among_others),
		cmocka_unit_test(deletes_keep_to_their_lengths),
		cmocka_unit_test(other_payloads_keep_to_their_lengths),
		cmocka_unit_test(a_writer_does_not_leave_its_buffer),
		cmocka_unit_test(a_writer_notices_misuse),
		cmocka_unit_test(names_are_those_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
