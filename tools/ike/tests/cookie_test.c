// SPDX-License-Identifier: MIT
/* Cookies, and NAT detection: what is told by hashes of addresses. */
#include "cookie.h"
#include "nat.h"
#include "test.h"

static const uint8_t nonce[32] = { 1, 2, 3 };
static const struct ike_span ni = { nonce, sizeof(nonce) };
static const struct ike_endpoint peer = { .len = 4, .octets = { 192, 0, 2, 1 }, .port = 500 };
static const uint64_t spi = UINT64_C(0x0102030405060708);

static struct ike_span cookie_at(struct ike_cookie_jar *jar, uint64_t now, uint8_t *to)
{
	assert_int_equal(ike_cookie_make(jar, now, &peer, spi, ni, to), 0);
	return (struct ike_span){ to, IKE_COOKIE_SIZE };
}

static void a_cookie_that_comes_back_is_taken(void **state)
{
	struct ike_cookie_jar jar = { 0 };
	uint8_t to[IKE_COOKIE_SIZE], again[IKE_COOKIE_SIZE];
	struct ike_span cookie = cookie_at(&jar, 1000, to);

	(void)state;
	assert_true(ike_cookie_check(&jar, 1000, &peer, spi, ni, cookie));
	assert_true(ike_cookie_check(&jar, 1001, &peer, spi, ni, cookie));
	/* it is a function of the request and of the secret, and of nothing else */
	cookie_at(&jar, 2000, again);
	assert_memory_equal(to, again, sizeof(to));
	ike_cookie_exit(&jar);
	assert_int_equal(jar.version, 0);
}

static void a_cookie_is_for_one_request_of_one_peer(void **state)
{
	struct ike_cookie_jar jar = { 0 }, other = { 0 };
	struct ike_endpoint from = peer;
	uint8_t to[IKE_COOKIE_SIZE], changed[32];
	struct ike_span cookie = cookie_at(&jar, 0, to);
	size_t i;

	(void)state;
	from.port = 501;
	assert_false(ike_cookie_check(&jar, 0, &from, spi, ni, cookie));
	from = peer;
	from.octets[3]++;
	assert_false(ike_cookie_check(&jar, 0, &from, spi, ni, cookie));
	assert_false(ike_cookie_check(&jar, 0, &peer, spi + 1, ni, cookie));
	memcpy(changed, nonce, sizeof(changed));
	changed[31]++;
	assert_false(ike_cookie_check(&jar, 0, &peer, spi, IKE_SPAN(changed), cookie));
	assert_false(ike_cookie_check(&jar, 0, &peer, spi, (struct ike_span){ nonce, 31 }, cookie));
	assert_false(ike_cookie_check(&other, 0, &peer, spi, ni, cookie));
	for (i = 0; i < sizeof(to); i++) {
		to[i] ^= 4;
		assert_false(ike_cookie_check(&jar, 0, &peer, spi, ni, cookie));
		to[i] ^= 4;
	}
	for (i = 0; i < IKE_COOKIE_SIZE; i++)
		assert_false(ike_cookie_check(&jar, 0, &peer, spi, ni, (struct ike_span){ to, i }));
	assert_true(ike_cookie_check(&jar, 0, &peer, spi, ni, cookie));
}

/* An octet cannot move from the nonce to the address: a nonce that ends in the address's first */
static void parts_of_a_cookie_do_not_run_together(void **state)
{
	struct ike_cookie_jar jar = { 0 };
	struct ike_endpoint v6 = { .len = 16, .port = 500 };
	uint8_t to[IKE_COOKIE_SIZE], joined[44];
	struct ike_span shorter = { joined, 32 }, longer = { joined, 44 };

	(void)state;
	memset(joined, 7, sizeof(joined));
	memset(v6.octets, 7, 16);
	assert_int_equal(ike_cookie_make(&jar, 0, &v6, spi, shorter, to), 0);
	v6.len = 4;
	assert_false(ike_cookie_check(&jar, 0, &v6, spi, longer, IKE_SPAN(to)));
}

static void a_cookie_lives_for_one_to_two_lives_of_a_secret(void **state)
{
	struct ike_cookie_jar jar = { 0 };
	uint8_t to[IKE_COOKIE_SIZE], next[IKE_COOKIE_SIZE];
	struct ike_span cookie = cookie_at(&jar, 5, to);

	(void)state;
	assert_true(ike_cookie_check(&jar, 5 + IKE_COOKIE_LIFE - 1, &peer, spi, ni, cookie));
	assert_true(ike_cookie_check(&jar, 5 + IKE_COOKIE_LIFE, &peer, spi, ni, cookie));
	cookie_at(&jar, 5 + IKE_COOKIE_LIFE, next);
	assert_memory_not_equal(to, next, sizeof(to));
	assert_true(ike_cookie_check(&jar, 5 + 2 * IKE_COOKIE_LIFE - 1, &peer, spi, ni, cookie));
	assert_false(ike_cookie_check(&jar, 5 + 2 * IKE_COOKIE_LIFE, &peer, spi, ni, cookie));

	/* after a long silence none of the old secrets is left */
	memset(&jar, 0, sizeof(jar));
	cookie_at(&jar, 5, to);
	assert_false(ike_cookie_check(&jar, 5 + 2 * IKE_COOKIE_LIFE, &peer, spi, ni, cookie));
}

/* Nobody knows the secret before the first one: it is not all zeros. */
static void there_is_no_cookie_of_a_secret_that_was_not_made(void **state)
{
	struct ike_cookie_jar jar = { 0 }, forger = { .version = 2, .made = 0 };
	uint8_t to[IKE_COOKIE_SIZE];
	uint32_t version;

	(void)state;
	cookie_at(&jar, 0, to);
	for (version = 0; version <= jar.version + 1; version++) {
		forger.version = version ? version : 1;
		cookie_at(&forger, 0, to);
		assert_int_equal(forger.made, 0);
		assert_false(ike_cookie_check(&jar, 0, &peer, spi, ni, IKE_SPAN(to)));
	}
}

/* RFC 7296 section 2.23: SHA-1 of 0102030405060708 1112131415161718 c0000201 01f4 */
static void a_nat_hash_is_that_of_the_rfc(void **state)
{
	const struct ike_header header = { .spi_i = spi, .spi_r = UINT64_C(0x1112131415161718) };
	uint8_t octets[32], hash[IKE_NAT_HASH_SIZE], right[IKE_NAT_HASH_SIZE];
	struct ike_span all = unhex("0102030405060708 1112131415161718 c0000201 01f4", octets,
				    sizeof(octets));

	(void)state;
	assert_int_equal(ike_nat_hash(&header, &peer, hash), 0);
	assert_int_equal(ike_sha1(&all, 1, right), 0);
	assert_memory_equal(hash, right, sizeof(hash));
}

static void nats_are_detected_on_either_side(void **state)
{
	const struct ike_header header = { .spi_i = spi, .exchange = IKE_SA_INIT };
	const struct ike_endpoint local = { .len = 4, .octets = { 198, 51, 100, 7 }, .port = 500 };
	const struct ike_endpoint inside = { .len = 4, .octets = { 10, 0, 0, 1 }, .port = 500 };
	struct ike_endpoint moved = peer;
	static const struct {
		int sent_from, sent_to;
		bool remote, local;
	} cases[] = { { 0, 0, false, false }, { 1, 0, true, false }, { 2, 0, true, false },
		      { 0, 1, false, true },  { 1, 1, true, true } };
	const struct ike_endpoint *sources[3], *destinations[2] = { &local, &inside };
	struct ike_writer writer;
	struct ike_view view;
	struct ike_nat nat;
	uint8_t to[256];
	ptrdiff_t len;
	size_t i;

	(void)state;
	moved.port = 1024;
	sources[0] = &peer;
	sources[1] = &inside;
	sources[2] = &moved;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ike_message_begin(&writer, to, sizeof(to), &header);
		ike_put_nat(&writer, &header, sources[cases[i].sent_from],
			    destinations[cases[i].sent_to]);
		len = ike_message_end(&writer);
		assert_int_equal(ike_message_parse((struct ike_span){ to, (size_t)len }, &view), 0);
		assert_int_equal(ike_nat_detect(&view.chain, &view.header, &peer, &local, &nat), 0);
		assert_true(nat.told);
		assert_int_equal(nat.remote, cases[i].remote);
		assert_int_equal(nat.local, cases[i].local);
	}
	/* a peer that does not know its own address sends several */
	ike_message_begin(&writer, to, sizeof(to), &header);
	ike_put_nat(&writer, &header, &inside, &local);
	ike_put_nat(&writer, &header, &peer, &local);
	len = ike_message_end(&writer);
	assert_int_equal(ike_message_parse((struct ike_span){ to, (size_t)len }, &view), 0);
	assert_int_equal(ike_nat_detect(&view.chain, &view.header, &peer, &local, &nat), 0);
	assert_false(nat.remote);
	/* one that tells of one side only does not know UDP encapsulation */
	view.chain.count = 1;
	assert_int_equal(ike_nat_detect(&view.chain, &view.header, &peer, &local, &nat), 0);
	assert_false(nat.told || nat.remote || nat.local);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cookie_that_comes_back_is_taken),
		cmocka_unit_test(a_cookie_is_for_one_request_of_one_peer),
		cmocka_unit_test(parts_of_a_cookie_do_not_run_together),
		cmocka_unit_test(a_cookie_lives_for_one_to_two_lives_of_a_secret),
		cmocka_unit_test(there_is_no_cookie_of_a_secret_that_was_not_made),
		cmocka_unit_test(a_nat_hash_is_that_of_the_rfc),
		cmocka_unit_test(nats_are_detected_on_either_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
