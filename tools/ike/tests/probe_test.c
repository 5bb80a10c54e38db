// SPDX-License-Identifier: MIT
/* What a gateway is asked, and what its answers say. */
#include <string.h>
#include "nat.h"
#include "probe.h"
#include "proposal.h"
#include "test.h"

#define SPI UINT64_C(0x1122334455667788)

static const struct ike_path path = {
	.local = { .len = 4, .octets = { 192, 0, 2, 1 }, .port = 40000 },
	.remote = { .len = 4, .octets = { 192, 0, 2, 2 }, .port = 500 },
};

/* Begins an answer of the gateway. */
static void begin(struct ike_writer *writer, uint8_t *octets, size_t size, uint64_t spi)
{
	const struct ike_header header = {
		.spi_i = spi, .spi_r = 1, .exchange = IKE_SA_INIT, .flags = IKE_FLAG_RESPONSE,
	};

	ike_message_begin(writer, octets, size, &header);
}

static bool end(struct ike_writer *writer, struct ike_probe_answer *answer)
{
	ptrdiff_t len = ike_message_end(writer);

	assert_true(len > 0);
	return ike_probe_read((struct ike_span){ writer->octets, (size_t)len }, SPI, &path, answer);
}

static size_t types_of(const struct ike_proposal *proposal, uint8_t type)
{
	size_t count = 0;

	for (size_t i = 0; i < proposal->count; i++)
		count += proposal->transforms[i].type == type;
	return count;
}

static void one_transform_is_alone_in_its_offer(void **state)
{
	static const struct {
		uint8_t type;
		const char *word;
		size_t proposals;
	} cases[] = {
		{ IKE_ENCR, "aes128gcm16", 1 }, { IKE_ENCR, "chacha20poly1305", 1 },
		{ IKE_ENCR, "3des", 1 },	{ IKE_INTEG, "sha384", 1 },
		{ IKE_PRF, "prfsha1", 2 },	{ IKE_KE, "modp1024", 2 },
	};
	struct ike_proposal_list list;
	struct ike_fault fault;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ike_probe_offer(cases[i].type, cases[i].word, text, sizeof(text));
		assert_non_null(strstr(text, cases[i].word));
		assert_int_equal(ike_proposals_parse(text, IKE_PROTOCOL_IKE, &list, &fault), 0);
		assert_int_equal(list.count, cases[i].proposals);
		for (size_t j = 0; j < list.count; j++) {
			assert_int_equal(types_of(&list.items[j], cases[i].type), 1);
			assert_true(cases[i].type == IKE_KE ||
				    types_of(&list.items[j], IKE_KE) > 5);
		}
	}
	ike_probe_offer(0, NULL, text, sizeof(text));
	assert_int_equal(ike_proposals_parse(text, IKE_PROTOCOL_IKE, &list, &fault), 0);
	assert_int_equal(list.count, 2);
}

static void answers_are_understood(void **state)
{
	static const uint8_t group[2] = { 0, 14 }, cookie[3] = { 1, 2, 3 };
	struct ike_probe_answer answer;
	struct ike_proposal_list list;
	struct ike_writer writer;
	struct ike_fault fault;
	uint8_t octets[1024];

	(void)state;
	begin(&writer, octets, sizeof(octets), SPI);
	ike_put_notify(&writer, IKE_NO_PROPOSAL_CHOSEN, NULL, 0);
	assert_true(end(&writer, &answer));
	assert_int_equal(answer.verdict, IKE_PROBE_REFUSED);

	begin(&writer, octets, sizeof(octets), SPI);
	ike_put_notify(&writer, IKE_INVALID_KE_PAYLOAD, group, sizeof(group));
	assert_true(end(&writer, &answer));
	assert_int_equal(answer.verdict, IKE_PROBE_ACCEPTED);
	assert_int_equal(answer.group, 14);

	begin(&writer, octets, sizeof(octets), SPI);
	ike_put_notify(&writer, IKE_COOKIE, cookie, sizeof(cookie));
	assert_true(end(&writer, &answer));
	assert_int_equal(answer.verdict, IKE_PROBE_COOKIE);
	assert_int_equal(answer.cookie_len, sizeof(cookie));
	assert_memory_equal(answer.cookie, cookie, sizeof(cookie));

	begin(&writer, octets, sizeof(octets), SPI);
	ike_put_notify(&writer, IKE_INVALID_SYNTAX, NULL, 0);
	assert_true(end(&writer, &answer));
	assert_int_equal(answer.verdict, IKE_PROBE_OTHER);
	assert_int_equal(answer.notify, IKE_INVALID_SYNTAX);

	assert_int_equal(ike_proposals_parse("aes256gcm16-prfsha384-ecp384", IKE_PROTOCOL_IKE,
					     &list, &fault),
			 0);
	begin(&writer, octets, sizeof(octets), SPI);
	ike_put_proposals(&writer, &list, (struct ike_span){ 0 }, 0);
	assert_true(end(&writer, &answer));
	assert_int_equal(answer.verdict, IKE_PROBE_ACCEPTED);
	assert_string_equal(answer.choice, "aes256gcm16-prfsha384-ecp384");
	assert_false(answer.nat);
}

static void what_is_no_answer_is_not_taken_for_one(void **state)
{
	struct ike_probe_answer answer;
	struct ike_writer writer;
	uint8_t octets[256];

	(void)state;
	begin(&writer, octets, sizeof(octets), SPI + 1); /* to another question */
	ike_put_notify(&writer, IKE_NO_PROPOSAL_CHOSEN, NULL, 0);
	assert_false(end(&writer, &answer));

	begin(&writer, octets, sizeof(octets), SPI);
	ike_put_nonce(&writer, octets, 16);
	assert_false(end(&writer, &answer));

	assert_false(ike_probe_read((struct ike_span){ octets, 27 }, SPI, &path, &answer));
}

static void a_nat_is_seen(void **state)
{
	const struct ike_header header = { .spi_i = SPI, .spi_r = 1 };
	struct ike_endpoint seen = path.local;
	struct ike_probe_answer answer;
	struct ike_writer writer;
	uint8_t octets[256];

	(void)state;
	for (int nat = 0; nat < 2; nat++) {
		seen.port += nat; /* what the gateway saw of us */
		begin(&writer, octets, sizeof(octets), SPI);
		ike_put_nat(&writer, &header, &path.remote, &seen);
		ike_put_notify(&writer, IKE_NO_PROPOSAL_CHOSEN, NULL, 0);
		assert_true(end(&writer, &answer));
		assert_int_equal(answer.nat, nat);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_transform_is_alone_in_its_offer),
		cmocka_unit_test(answers_are_understood),
		cmocka_unit_test(what_is_no_answer_is_not_taken_for_one),
		cmocka_unit_test(a_nat_is_seen),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
