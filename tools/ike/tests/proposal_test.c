// SPDX-License-Identifier: MIT
#include "profile.h"
#include "proposal.h"
#include "test.h"

static void parse(const char *text, uint8_t protocol, struct ike_proposal_list *to)
{
	struct ike_fault fault;

	if (ike_proposals_parse(text, protocol, to, &fault))
		fail_msg("%s: '%s': %s", text, fault.word, fault.why);
}

static void proposals_survive_reading_and_writing(void **state)
{
	static const struct {
		uint8_t protocol;
		const char *text, *written;
	} cases[] = {
		{ IKE_PROTOCOL_IKE, "aes256gcm16-prfsha256-x25519", NULL },
		{ IKE_PROTOCOL_IKE, "aes256gcm16-prfsha256-curve25519",
		  "aes256gcm16-prfsha256-x25519" },
		{ IKE_PROTOCOL_IKE, "aes256-sha256-modp2048", "aes256-sha256-modp2048-prfsha256" },
		{ IKE_PROTOCOL_IKE, "aes256-sha512-sha256-prfsha384-ecp384", NULL },
		{ IKE_PROTOCOL_IKE, "3des-sha1-modp1024", "3des-sha1-modp1024-prfsha1" },
		{ IKE_PROTOCOL_ESP, "aes256gcm16", NULL },
		{ IKE_PROTOCOL_ESP, "aes256gcm16-noesn", "aes256gcm16" },
		{ IKE_PROTOCOL_ESP, "aes256gcm16-x25519-esn", NULL },
		{ IKE_PROTOCOL_ESP, "aes128-aes256-sha256-modp2048-none-esn-noesn", NULL },
		{ IKE_PROTOCOL_ESP, "null-aesxcbc", NULL },
		{ IKE_PROTOCOL_ESP, "chacha20poly1305-ecp521", NULL },
		{ IKE_PROTOCOL_AH, "sha256-sha512-modp3072", NULL },
	};
	char text[IKE_PROPOSAL_TEXT_SIZE];
	struct ike_proposal_list list;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		parse(cases[i].text, cases[i].protocol, &list);
		assert_int_equal(list.count, 1);
		assert_string_equal(ike_proposal_format(&list.items[0], text),
				    cases[i].written ? cases[i].written : cases[i].text);
		parse(text, cases[i].protocol, &list);
	}
	parse(" aes256gcm16 , aes128-sha256,null-sha1 ", IKE_PROTOCOL_ESP, &list);
	assert_int_equal(list.count, 3);
}

static void wrong_proposals_are_explained(void **state)
{
	static const struct {
		uint8_t protocol;
		const char *text, *word, *why;
	} cases[] = {
		{ IKE_PROTOCOL_IKE, "aes265gcm16-prfsha256-x25519", "aes265gcm16",
		  "not an algorithm; did you mean 'aes256gcm16'?" },
		{ IKE_PROTOCOL_IKE, "fast", "fast",
		  "not an algorithm; a proposal reads like aes256gcm16-prfsha256-x25519" },
		{ IKE_PROTOCOL_IKE, "", "",
		  "not an algorithm; a proposal reads like aes256gcm16-prfsha256-x25519" },
		{ IKE_PROTOCOL_IKE, "aes256gcm16-prfsha256-", "",
		  "not an algorithm; a proposal reads like aes256gcm16-prfsha256-x25519" },
		{ IKE_PROTOCOL_ESP, "aes256gcm16,", "",
		  "not an algorithm; a proposal reads like aes256gcm16-prfsha256-x25519" },
		{ IKE_PROTOCOL_IKE, "aes256gcm16-x25519", "aes256gcm16-x25519",
		  "a prf is missing, such as prfsha256" },
		{ IKE_PROTOCOL_IKE, "aes256gcm16-prfsha256", "aes256gcm16-prfsha256",
		  "a key exchange group is missing, such as x25519" },
		{ IKE_PROTOCOL_IKE, "aes256gcm16-sha256-x25519", "aes256gcm16-sha256-x25519",
		  "this cipher takes no integrity algorithm; a prf is written like prfsha256" },
		{ IKE_PROTOCOL_IKE, "aes256-prfsha256-x25519", "aes256-prfsha256-x25519",
		  "an integrity algorithm is missing, such as sha256" },
		{ IKE_PROTOCOL_IKE, "sha256-x25519", "sha256-x25519",
		  "an encryption algorithm is missing, such as aes256gcm16" },
		{ IKE_PROTOCOL_IKE, "aes256-aes256gcm16-sha256-x25519",
		  "aes256-aes256gcm16-sha256-x25519",
		  "ciphers with and without integrity of their own cannot be in one proposal; write "
		  "two, with a comma between them" },
		{ IKE_PROTOCOL_IKE, "aes256-sha256-x25519-none", "none",
		  "an IKE SA needs a key exchange" },
		{ IKE_PROTOCOL_IKE, "aes256-sha256-x25519-esn", "esn",
		  "an algorithm that IKE does not have here" },
		{ IKE_PROTOCOL_IKE, "aes256ccm16-prfsha256-x25519", "aes256ccm16",
		  "an algorithm that IKE does not have here" },
		{ IKE_PROTOCOL_ESP, "aes256gcm16-prfsha256", "prfsha256",
		  "a prf, an algorithm that ESP does not have here" },
		{ IKE_PROTOCOL_ESP, "aes256gcm16-aes256gcm16", "aes256gcm16",
		  "it is named twice" },
		{ IKE_PROTOCOL_ESP, "aes256gcm16,aes128", "aes128",
		  "an integrity algorithm is missing, such as sha256" },
		{ IKE_PROTOCOL_AH, "modp2048", "modp2048",
		  "an integrity algorithm is missing, such as sha256" },
		{ IKE_PROTOCOL_AH, "aes256-sha256", "aes256",
		  "an algorithm that AH does not have here" },
	};
	struct ike_proposal_list list;
	struct ike_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(ike_proposals_parse(cases[i].text, cases[i].protocol, &list,
						     &fault), -EINVAL);
		assert_string_equal(fault.word, cases[i].word);
		assert_string_equal(fault.why, cases[i].why);
	}
}

static void too_many_proposals_are_refused(void **state)
{
	char text[(IKE_PROPOSALS_MAX + 1) * 12 + 1] = "";
	struct ike_proposal_list list;
	struct ike_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < IKE_PROPOSALS_MAX; i++)
		strcat(text, i ? ",aes256gcm16" : "aes256gcm16");
	assert_int_equal(ike_proposals_parse(text, IKE_PROTOCOL_ESP, &list, &fault), 0);
	strcat(text, ",aes256gcm16");
	assert_int_equal(ike_proposals_parse(text, IKE_PROTOCOL_ESP, &list, &fault), -EINVAL);
}

static struct ike_payload payload_of(struct ike_writer *writer)
{
	struct ike_chain chain;
	ptrdiff_t len = ike_message_end(writer);

	assert_true(len > 0);
	assert_int_equal(ike_chain_parse(writer->first,
					 (struct ike_span){ writer->octets, (size_t)len }, true,
					 &chain), IKE_WIRE_OK);
	assert_int_equal(chain.payloads[0].type, IKE_PAYLOAD_SA);
	return chain.payloads[0];
}

static void an_offer_is_written_as_the_rfc_draws_it(void **state)
{
	static const uint8_t spi[] = { 1, 2, 3, 4 };
	struct ike_proposal_list list;
	struct ike_writer writer;
	uint8_t to[256];
	ptrdiff_t len;

	(void)state;
	parse("aes256gcm16-x25519-esn-noesn,null-sha256", IKE_PROTOCOL_ESP, &list);
	ike_chain_begin(&writer, to, sizeof(to));
	ike_put_proposals(&writer, &list, IKE_SPAN(spi), 0);
	len = ike_message_end(&writer);
	assert_hex(to, (size_t)len,
		   "00 00 0058"
		   "02 00 0030 01 03 04 04 01020304"
		   "  03 00 000c 01 00 0014 800e 0100"
		   "  03 00 0008 04 00 001f"
		   "  03 00 0008 05 00 0001"
		   "  00 00 0008 05 00 0000"
		   "00 00 0024 02 03 04 03 01020304"
		   "  03 00 0008 01 00 000b"
		   "  03 00 0008 03 00 000c"
		   "  00 00 0008 05 00 0000");
}

static void an_offer_is_read_as_it_was_written(void **state)
{
	static const uint8_t spi[] = { 1, 2, 3, 4 };
	char text[IKE_PROPOSAL_TEXT_SIZE];
	struct ike_proposal_list list, read;
	struct ike_payload payload;
	struct ike_writer writer;
	uint8_t to[1024];

	(void)state;
	parse("aes256gcm16-aes128gcm16-x25519-none-esn,aes128-sha256", IKE_PROTOCOL_ESP, &list);
	ike_chain_begin(&writer, to, sizeof(to));
	ike_put_proposals(&writer, &list, IKE_SPAN(spi), 0);
	payload = payload_of(&writer);
	assert_int_equal(ike_proposals_read(&payload, &read), IKE_WIRE_OK);
	assert_int_equal(read.count, 2);
	assert_int_equal(read.left_out, 0);
	assert_int_equal(read.items[1].number, 2);
	assert_int_equal(read.items[1].spi_len, 4);
	assert_memory_equal(read.items[1].spi, spi, 4);
	assert_string_equal(ike_proposal_format(&read.items[0], text),
			    "aes256gcm16-aes128gcm16-x25519-none-esn");
	assert_string_equal(ike_proposal_format(&read.items[1], text), "aes128-sha256");

	/* in IKE_AUTH, without groups; "none" alone is not written */
	ike_chain_begin(&writer, to, sizeof(to));
	ike_put_proposals(&writer, &list, IKE_SPAN(spi), IKE_MATCH_NO_KE);
	payload = payload_of(&writer);
	assert_int_equal(ike_proposals_read(&payload, &read), IKE_WIRE_OK);
	assert_string_equal(ike_proposal_format(&read.items[0], text),
			    "aes256gcm16-aes128gcm16-esn");
	parse("aes256gcm16-none", IKE_PROTOCOL_ESP, &list);
	ike_chain_begin(&writer, to, sizeof(to));
	ike_put_proposals(&writer, &list, IKE_SPAN(spi), 0);
	payload = payload_of(&writer);
	assert_int_equal(ike_proposals_read(&payload, &read), IKE_WIRE_OK);
	assert_string_equal(ike_proposal_format(&read.items[0], text), "aes256gcm16");
}

static void wrong_offers_are_refused(void **state)
{
	static const struct {
		const char *body;
		enum ike_wire_status status;
	} cases[] = {
		{ "", IKE_WIRE_SHORT },
		{ "00 00 0008 01 01 00", IKE_WIRE_SHORT },
		{ "00 00 0008 01 01 00 00", IKE_WIRE_OK },
		{ "00 00 0007 01 01 00 00", IKE_WIRE_LENGTH },
		{ "00 00 0009 01 01 00 00", IKE_WIRE_LENGTH },
		{ "01 00 0008 01 01 00 00", IKE_WIRE_VALUE },
		{ "02 00 0008 01 01 00 00", IKE_WIRE_SHORT },
		{ "00 00 0008 01 01 00 00 00", IKE_WIRE_TRAILING },
		{ "00 00 0008 01 01 08 00", IKE_WIRE_LENGTH },
		{ "00 00 0010 01 01 08 00 0000000000000000", IKE_WIRE_VALUE },
		{ "00 00 0010 01 01 08 00 0000000000000001", IKE_WIRE_OK },
		{ "00 00 000c 01 01 04 00 00000001", IKE_WIRE_VALUE },
		{ "00 00 000c 01 03 04 00 00000100", IKE_WIRE_OK },
		{ "00 00 000c 01 03 04 00 000000ff", IKE_WIRE_VALUE },
		{ "00 00 0008 01 03 00 00", IKE_WIRE_VALUE },
		{ "00 00 0008 01 00 00 00", IKE_WIRE_VALUE },
		{ "00 00 0009 01 03 ff 00 00", IKE_WIRE_LENGTH },
		/* transforms */
		{ "00 00 0008 01 01 00 01", IKE_WIRE_SHORT },
		{ "00 00 0010 01 01 00 01  00 00 0008 02 00 0005", IKE_WIRE_OK },
		{ "00 00 0010 01 01 00 02  00 00 0008 02 00 0005", IKE_WIRE_VALUE },
		{ "00 00 0010 01 01 00 01  03 00 0008 02 00 0005", IKE_WIRE_VALUE },
		{ "00 00 0010 01 01 00 01  00 00 0007 02 00 0005", IKE_WIRE_LENGTH },
		{ "00 00 0010 01 01 00 01  00 00 0009 02 00 0005", IKE_WIRE_LENGTH },
		{ "00 00 0010 01 01 00 00  00 00 0008 02 00 0005", IKE_WIRE_TRAILING },
		/* attributes: short, long, cut, longer than there is */
		{ "00 00 0014 01 01 00 01  00 00 000c 01 00 000c 800e0100", IKE_WIRE_OK },
		{ "00 00 0016 01 01 00 01  00 00 000e 01 00 000c 00010002aabb", IKE_WIRE_OK },
		{ "00 00 0013 01 01 00 01  00 00 000b 01 00 000c 800e01", IKE_WIRE_SHORT },
		{ "00 00 0014 01 01 00 01  00 00 000c 01 00 000c 00010001", IKE_WIRE_LENGTH },
	};
	struct ike_payload payload = { .type = IKE_PAYLOAD_SA };
	struct ike_proposal_list list;
	uint8_t octets[64], *exact;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		payload.body = unhex(cases[i].body, octets, sizeof(octets));
		exact = malloc(payload.body.len ? payload.body.len : 1);
		memcpy(exact, octets, payload.body.len);
		payload.body.at = exact;
		if (ike_proposals_read(&payload, &list) != cases[i].status)
			fail_msg("case %zu: %s", i, cases[i].body);
		free(exact);
	}
}

/* A hostile integrity algorithm that cannot be chosen must not turn into none at all. */
static void a_transform_that_is_left_out_is_still_there(void **state)
{
	struct ike_payload payload = { .type = IKE_PAYLOAD_SA };
	struct ike_proposal_list ours, theirs;
	struct ike_match match;
	uint8_t octets[128];

	(void)state;
	parse("aes256gcm16", IKE_PROTOCOL_ESP, &ours);
	payload.body = unhex("00 00 0028 01 03 04 02 00001000"
			     "03 00 000c 01 00 0014 800e0100"
			     "00 00 0010 03 00 000c 800f0001 800e0001", octets, sizeof(octets));
	assert_int_equal(ike_proposals_read(&payload, &theirs), IKE_WIRE_OK);
	assert_int_equal(theirs.items[0].count, 1);
	assert_false(ike_match(&ours, &theirs, 0, IKE_MATCH_NO_KE, &match));
	/* without it */
	payload.body = unhex("00 00 0018 01 03 04 01 00001000"
			     "00 00 000c 01 00 0014 800e0100", octets, sizeof(octets));
	assert_int_equal(ike_proposals_read(&payload, &theirs), IKE_WIRE_OK);
	assert_true(ike_match(&ours, &theirs, 0, IKE_MATCH_NO_KE, &match));
	assert_false(match.suite.esn);
}

static void an_unknown_transform_type_spoils_its_proposal(void **state)
{
	struct ike_payload payload = { .type = IKE_PAYLOAD_SA };
	struct ike_proposal_list ours, theirs;
	struct ike_match match;
	uint8_t octets[128];
	char edit[IKE_EDIT_TEXT_SIZE];

	(void)state;
	parse("aes256gcm16", IKE_PROTOCOL_ESP, &ours);
	/* the first has an additional key exchange (RFC 9370), the second is plain */
	payload.body = unhex("02 00 0020 01 03 04 02 00001000"
			     "03 00 000c 01 00 0014 800e0100"
			     "00 00 0008 06 00 0024"
			     "00 00 0018 02 03 04 01 00001000"
			     "00 00 000c 01 00 0014 800e0100", octets, sizeof(octets));
	assert_int_equal(ike_proposals_read(&payload, &theirs), IKE_WIRE_OK);
	assert_true(theirs.items[0].unknown);
	assert_true(ike_match(&ours, &theirs, 0, 0, &match));
	assert_int_equal(match.suite.number, 2);
	theirs.count = 1;
	assert_false(ike_match(&ours, &theirs, 0, 0, &match));
	assert_string_equal(ike_match_edit(&match, true, edit), "");
}

/* Matches two texts. */
static bool match_texts(const char *ours, const char *theirs, uint8_t protocol, uint16_t ke,
			unsigned int flags, struct ike_match *match)
{
	struct ike_proposal_list a, b;
	uint8_t i;

	parse(ours, protocol, &a);
	parse(theirs, protocol, &b);
	for (i = 0; i < b.count; i++)
		b.items[i].number = i + 1;
	return ike_match(&a, &b, ke, flags, match);
}

static void our_order_decides(void **state)
{
	static const struct {
		uint8_t protocol;
		unsigned int flags;
		uint16_t ke;
		uint8_t number;
		const char *ours, *theirs, *chosen;
	} cases[] = {
		{ IKE_PROTOCOL_IKE, 0, 0, 1, "aes256gcm16-aes128gcm16-prfsha256-x25519-ecp256",
		  "aes128gcm16-aes256gcm16-prfsha512-prfsha256-ecp256-x25519",
		  "aes256gcm16-prfsha256-x25519" },
		/* the group for which there is a value already */
		{ IKE_PROTOCOL_IKE, 0, 19, 1, "aes256gcm16-aes128gcm16-prfsha256-x25519-ecp256",
		  "aes128gcm16-aes256gcm16-prfsha512-prfsha256-ecp256-x25519",
		  "aes256gcm16-prfsha256-ecp256" },
		/* unless it is none of ours */
		{ IKE_PROTOCOL_IKE, 0, 14, 1, "aes256gcm16-prfsha256-x25519-ecp256",
		  "aes256gcm16-prfsha256-modp2048-ecp256", "aes256gcm16-prfsha256-ecp256" },
		{ IKE_PROTOCOL_IKE, 0, 0, 2,
		  "aes256gcm16-prfsha256-x25519,aes256-sha256-x25519",
		  "3des-sha1-modp1024,aes256-sha256-x25519", "aes256-prfsha256-sha256-x25519" },
		{ IKE_PROTOCOL_IKE, 0, 0, 2,
		  "aes256gcm16-prfsha256-x25519,aes256-sha256-x25519",
		  "aes256-sha256-x25519,aes256gcm16-prfsha256-x25519",
		  "aes256gcm16-prfsha256-x25519" },
		{ IKE_PROTOCOL_ESP, 0, 0, 1, "aes256gcm16-x25519-esn-noesn", "aes256gcm16-x25519-noesn",
		  "aes256gcm16-x25519" },
		{ IKE_PROTOCOL_ESP, 0, 0, 1, "aes256gcm16-x25519-esn-noesn",
		  "aes256gcm16-x25519-noesn-esn", "aes256gcm16-x25519-esn" },
		{ IKE_PROTOCOL_ESP, 0, 0, 1, "aes256gcm16-x25519-none", "aes256gcm16",
		  "aes256gcm16" },
		{ IKE_PROTOCOL_ESP, 0, 0, 1, "aes256gcm16-x25519-none", "aes256gcm16-ecp256-none",
		  "aes256gcm16" },
		{ IKE_PROTOCOL_ESP, IKE_MATCH_NO_KE, 0, 1, "aes256gcm16-x25519",
		  "aes256gcm16-ecp256", "aes256gcm16" },
		{ IKE_PROTOCOL_ESP, 0, 0, 1, "aes256-sha256", "aes256-aes128-sha512-sha256",
		  "aes256-sha256" },
		{ IKE_PROTOCOL_AH, 0, 0, 1, "sha512-sha256", "sha256-esn-noesn", "sha256" },
	};
	char text[IKE_PROPOSAL_TEXT_SIZE], edit[IKE_EDIT_TEXT_SIZE];
	struct ike_match match;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!match_texts(cases[i].ours, cases[i].theirs, cases[i].protocol, cases[i].ke,
				 cases[i].flags, &match))
			fail_msg("case %zu: %s", i, cases[i].ours);
		assert_string_equal(ike_suite_format(&match.suite, text), cases[i].chosen);
		assert_int_equal(match.suite.number, cases[i].number);
		assert_string_equal(ike_match_edit(&match, true, edit), "");
	}
}

static void what_does_not_match_is_explained(void **state)
{
	static const struct {
		uint8_t protocol;
		uint8_t missing;
		const char *ours, *theirs, *our_edit, *their_edit;
	} cases[] = {
		{ IKE_PROTOCOL_IKE, 1, "aes256gcm16-prfsha256-x25519",
		  "aes256gcm16-prfsha256-modp2048", "add modp2048", "add x25519" },
		{ IKE_PROTOCOL_IKE, 1, "aes256gcm16-prfsha256-x25519",
		  "aes128gcm16-prfsha256-x25519", "add aes128gcm16", "add aes256gcm16" },
		{ IKE_PROTOCOL_IKE, 2, "aes256-sha256-modp2048", "aes128-sha256-modp1024",
		  "add aes128 and modp1024", "add aes256 and modp2048" },
		{ IKE_PROTOCOL_IKE, 3, "aes256-sha256-modp2048", "aes256-sha1-modp1024",
		  "add prfsha1, sha1 and modp1024", "add prfsha256, sha256 and modp2048" },
		{ IKE_PROTOCOL_IKE, 2, "aes256gcm16-prfsha256-x25519", "aes256-sha256-x25519",
		  "add the proposal aes256-prfsha256-sha256-x25519",
		  "add the proposal aes256gcm16-prfsha256-x25519" },
		/* the nearest pair is the one that is told */
		{ IKE_PROTOCOL_IKE, 1, "aes256gcm16-prfsha256-x25519,aes256-sha256-modp2048",
		  "3des-sha1-modp1024,aes256-sha256-modp1024", "add modp1024", "add modp2048" },
		{ IKE_PROTOCOL_ESP, 1, "aes256gcm16-x25519", "aes256gcm16", "add none",
		  "add x25519" },
		{ IKE_PROTOCOL_ESP, 1, "aes256gcm16", "aes256gcm16-x25519", "add x25519",
		  "add none" },
		{ IKE_PROTOCOL_ESP, 1, "aes256gcm16-esn", "aes256gcm16-noesn", "add noesn",
		  "add esn" },
	};
	char edit[IKE_EDIT_TEXT_SIZE];
	struct ike_match match;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (match_texts(cases[i].ours, cases[i].theirs, cases[i].protocol, 0, 0, &match))
			fail_msg("case %zu: %s", i, cases[i].ours);
		assert_int_equal(match.missing, cases[i].missing);
		assert_string_equal(ike_match_edit(&match, true, edit), cases[i].our_edit);
		assert_string_equal(ike_match_edit(&match, false, edit), cases[i].their_edit);
	}
}

static void what_only_the_peer_knows_cannot_be_added(void **state)
{
	struct ike_proposal_list ours, theirs;
	char edit[IKE_EDIT_TEXT_SIZE];
	struct ike_match match;

	(void)state;
	parse("aes256gcm16", IKE_PROTOCOL_ESP, &ours);
	parse("aes128gcm16", IKE_PROTOCOL_ESP, &theirs);
	theirs.items[0].transforms[0].id = 77;
	assert_false(ike_match(&ours, &theirs, 0, 0, &match));
	assert_string_equal(ike_match_edit(&match, true, edit), "");
	assert_string_equal(ike_match_edit(&match, false, edit), "add aes256gcm16");
	/* another protocol, or nothing: there is nothing to compare */
	theirs.items[0].protocol = IKE_PROTOCOL_AH;
	assert_false(ike_match(&ours, &theirs, 0, 0, &match));
	assert_int_equal(match.ours, -1);
	assert_string_equal(ike_match_edit(&match, false, edit), "");
}

/* The peer must not add to what it chose, nor choose what was not offered. */
static void an_answer_has_one_of_each(void **state)
{
	struct ike_match match;

	(void)state;
	assert_true(match_texts("aes256gcm16-aes128gcm16-prfsha256-x25519",
				"aes128gcm16-prfsha256-x25519", IKE_PROTOCOL_IKE, 31,
				IKE_MATCH_RESPONSE, &match));
	assert_false(match_texts("aes256gcm16-aes128gcm16-prfsha256-x25519",
				 "aes128gcm16-aes256gcm16-prfsha256-x25519", IKE_PROTOCOL_IKE, 31,
				 IKE_MATCH_RESPONSE, &match));
	assert_false(match_texts("aes256gcm16-prfsha256-x25519",
				 "aes256gcm16-prfsha256-x25519,aes256gcm16-prfsha256-x25519",
				 IKE_PROTOCOL_IKE, 31, IKE_MATCH_RESPONSE, &match));
	assert_false(match_texts("aes256gcm16-prfsha256-x25519",
				 "aes256-sha256-x25519", IKE_PROTOCOL_IKE, 31, IKE_MATCH_RESPONSE,
				 &match));
}

static void an_answer_keeps_the_number(void **state)
{
	static const uint8_t spi[] = { 9, 9, 9, 9 };
	char alg[2 * IKE_ALG_TEXT_SIZE];
	struct ike_writer writer;
	struct ike_match match;
	uint8_t to[128];
	ptrdiff_t len;

	(void)state;
	assert_true(match_texts("aes256-sha256", "aes256gcm16,aes256-sha256-esn-noesn",
				IKE_PROTOCOL_ESP, 0, IKE_MATCH_NO_KE, &match));
	assert_string_equal(ike_suite_alg(&match.suite, alg), "aes256-sha256");
	ike_chain_begin(&writer, to, sizeof(to));
	ike_put_suite(&writer, &match.suite, IKE_SPAN(spi));
	len = ike_message_end(&writer);
	assert_hex(to, (size_t)len,
		   "00 00 002c 00 00 0028 02 03 04 03 09090909"
		   "03 00 000c 01 00 000c 800e 0100"
		   "03 00 0008 03 00 000c"
		   "00 00 0008 05 00 0000");
	assert_true(match_texts("aes256gcm16", "aes256gcm16", IKE_PROTOCOL_ESP, 0, 0, &match));
	assert_string_equal(ike_suite_alg(&match.suite, alg), "aes256gcm16");
	assert_true(match_texts("sha512", "sha512", IKE_PROTOCOL_AH, 0, 0, &match));
	assert_string_equal(ike_suite_alg(&match.suite, alg), "sha512");
}

static void what_does_not_fit_is_not_considered(void **state)
{
	struct ike_payload payload = { .type = IKE_PAYLOAD_SA };
	struct ike_proposal_list list;
	uint8_t body[8 + 60 * 8];
	size_t i;

	(void)state;
	/* 60 transforms in one proposal */
	memcpy(body, "\0\0\1\350\1\1\0\74", 8);
	for (i = 0; i < 60; i++) {
		memcpy(body + 8 + 8 * i, "\3\0\0\10\1\0\0\0", 8);
		body[8 + 8 * i + 7] = (uint8_t)(i + 100);
	}
	body[8 + 8 * 59] = 0;
	payload.body = IKE_SPAN(body);
	assert_int_equal(ike_proposals_read(&payload, &list), IKE_WIRE_OK);
	assert_int_equal(list.items[0].count, IKE_TRANSFORMS_MAX);
	/* 60 proposals */
	for (i = 0; i < 60; i++) {
		memcpy(body + 8 * i, "\2\0\0\10\0\1\0\0", 8);
		body[8 * i + 4] = (uint8_t)(i + 1);
	}
	body[8 * 59] = 0;
	payload.body.len = 60 * 8;
	assert_int_equal(ike_proposals_read(&payload, &list), IKE_WIRE_OK);
	assert_int_equal(list.count, IKE_PROPOSALS_MAX);
	assert_int_equal(list.left_out, 60 - IKE_PROPOSALS_MAX);
}

static void the_longest_text_fits(void **state)
{
	char text[IKE_PROPOSAL_TEXT_SIZE];
	struct ike_proposal proposal = { .protocol = IKE_PROTOCOL_IKE };
	size_t i;

	(void)state;
	for (i = 0; i < IKE_TRANSFORMS_MAX; i++)
		proposal.transforms[i] = (struct ike_transform){ 200, 60000, 60000 };
	proposal.count = IKE_TRANSFORMS_MAX;
	ike_proposal_format(&proposal, text);
	assert_int_equal(strlen(text), sizeof(text) - 1);
}

static void profiles_are_right(void **state)
{
	static const struct {
		const char *name;
		enum ike_level ike, esp;
	} levels[] = {
		{ "modern", IKE_LEVEL_MODERN, IKE_LEVEL_MODERN },
		{ "compat", IKE_LEVEL_COMPAT, IKE_LEVEL_COMPAT },
		{ "windows", IKE_LEVEL_LEGACY, IKE_LEVEL_LEGACY },
		{ "azure", IKE_LEVEL_LEGACY, IKE_LEVEL_LEGACY },
		{ "aws", IKE_LEVEL_COMPAT, IKE_LEVEL_COMPAT },
	};
	struct ike_proposal_list ike, esp;
	const struct ike_profile *profile;
	struct ike_fault fault;
	size_t i;

	(void)state;
	for (i = 0; (profile = ike_profile_at(i)); i++) {
		if (ike_proposals_parse(profile->ike, IKE_PROTOCOL_IKE, &ike, &fault) ||
		    ike_proposals_parse(profile->esp, IKE_PROTOCOL_ESP, &esp, &fault))
			fail_msg("%s: '%s': %s", profile->name, fault.word, fault.why);
		assert_true(i < ARRAY_SIZE(levels));
		assert_string_equal(profile->name, levels[i].name);
		assert_int_equal(ike_proposals_level(&ike), levels[i].ike);
		assert_int_equal(ike_proposals_level(&esp), levels[i].esp);
		/* a warning where, and only where, there is something to warn of */
		assert_int_equal(!!profile->warning, levels[i].ike == IKE_LEVEL_LEGACY);
		ike_profile_proposals(profile, &ike, &esp);
		assert_true(ike.count && esp.count);
		assert_ptr_equal(ike_profile_find(profile->name), profile);
	}
	assert_int_equal(i, ARRAY_SIZE(levels));
	assert_null(ike_profile_find("slow"));
}

/* What the peers of facts.md offer as installed goes with the profile that is named after them. */
static void profiles_take_what_their_peers_offer(void **state)
{
	static const struct {
		const char *profile, *ike, *esp;
	} cases[] = {
		{ "windows", "3des-sha1-modp1024,3des-sha256-modp1024,aes256-sha1-modp1024,"
			     "aes256-sha256-modp1024,aes256-sha384-modp1024",
		  "aes256-sha1,aes128-sha1,3des-sha1,null-sha1" },
		{ "windows", "aes256-sha256-modp2048", "aes256gcm16" },
		{ "azure", "aes256-sha1-modp1024,aes256-sha256-modp1024",
		  "aes256gcm16,aes256-sha1,aes256-sha256" },
		{ "aws", "aes128-sha256-modp2048", "aes128-sha256-modp2048" },
		{ "compat", "aes256-sha256-modp2048", "aes256-sha256-modp2048" }, /* Apple */
		{ "compat", "aes256gcm16-aes192gcm16-chacha20poly1305-prfsha512-prfsha384-"
			    "modp4096-x25519-modp3072-modp2048",
		  "aes256gcm16-chacha20poly1305" }, /* Android */
		{ "modern", "aes256gcm16-prfsha384-ecp384", "aes256gcm16-ecp384" },
		/* strongSwan's default for children: no PFS */
		{ "modern", "aes128gcm16-prfsha256-x25519", "aes128gcm16-aes256gcm16" },
	};
	struct ike_proposal_list ours_ike, ours_esp, ike, esp;
	struct ike_match match;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ike_profile_proposals(ike_profile_find(cases[i].profile), &ours_ike, &ours_esp);
		parse(cases[i].ike, IKE_PROTOCOL_IKE, &ike);
		parse(cases[i].esp, IKE_PROTOCOL_ESP, &esp);
		if (!ike_match(&ours_ike, &ike, 0, 0, &match) ||
		    !ike_match(&ours_esp, &esp, 0, 0, &match))
			fail_msg("%s: %s / %s", cases[i].profile, cases[i].ike, cases[i].esp);
	}
}

/* The table says a thing once: no keyword, no number twice. */
static void the_table_is_consistent(void **state)
{
	const struct ike_alg *a, *b;
	char text[IKE_ALG_TEXT_SIZE];
	size_t i, j;

	(void)state;
	for (i = 0; (a = ike_alg_at(i)); i++) {
		assert_ptr_equal(ike_alg_find(&a->transform), a);
		assert_string_equal(ike_transform_format(&a->transform, text), a->keyword);
		if (a->uses) {
			assert_ptr_equal(ike_alg_named(a->keyword, strlen(a->keyword), 0), a);
			if (a->alias)
				assert_ptr_equal(ike_alg_named(a->alias, strlen(a->alias), 0), a);
		}
		if (a->transform.type == IKE_ENCR)
			assert_true(a->block_len && (!a->transform.key_bits ||
						     a->transform.key_bits == 8 * a->key_len));
		for (j = 0; (b = ike_alg_at(j)); j++)
			assert_true(i == j || strcmp(a->keyword, b->keyword));
	}
	assert_string_equal(ike_transform_format(&(struct ike_transform){ 1, 77, 0 }, text),
			    "encr/77");
	assert_string_equal(ike_transform_format(&(struct ike_transform){ 1, 12, 512 }, text),
			    "encr/12/512");
	assert_string_equal(ike_transform_format(&(struct ike_transform){ 9, 1, 0 }, text),
			    "type9/1");
	assert_string_equal(ike_alg_prf_of(ike_alg_named("sha384", 6, 0))->keyword, "prfsha384");
	assert_null(ike_alg_prf_of(ike_alg_named("aescmac", 7, 0)));
	assert_string_equal(ike_transform_type_name(IKE_KE), "group");
	assert_string_equal(ike_transform_type_name(0), "?");
	assert_string_equal(ike_level_name(IKE_LEVEL_LEGACY), "legacy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_consistent),
		cmocka_unit_test(proposals_survive_reading_and_writing),
		cmocka_unit_test(wrong_proposals_are_explained),
		cmocka_unit_test(too_many_proposals_are_refused),
		cmocka_unit_test(an_offer_is_written_as_the_rfc_draws_it),
		cmocka_unit_test(an_offer_is_read_as_it_was_written),
		cmocka_unit_test(wrong_offers_are_refused),
		cmocka_unit_test(a_transform_that_is_left_out_is_still_there),
		cmocka_unit_test(an_unknown_transform_type_spoils_its_proposal),
		cmocka_unit_test(our_order_decides),
		cmocka_unit_test(what_does_not_match_is_explained),
		cmocka_unit_test(what_only_the_peer_knows_cannot_be_added),
		cmocka_unit_test(an_answer_has_one_of_each),
		cmocka_unit_test(an_answer_keeps_the_number),
		cmocka_unit_test(what_does_not_fit_is_not_considered),
		cmocka_unit_test(the_longest_text_fits),
		cmocka_unit_test(profiles_are_right),
		cmocka_unit_test(profiles_take_what_their_peers_offer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
