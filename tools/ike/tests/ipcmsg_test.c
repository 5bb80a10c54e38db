// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>
#include "ipcmsg.h"

static struct ike_ipc_message message;

/* As if the message had been sent and received. */
static void deliver(void)
{
	message.at = 8;
}

static struct ike_endpoint endpoint(uint8_t len, uint8_t last, uint16_t port)
{
	struct ike_endpoint made = { .len = len, .port = port };

	if (len)
		made.octets[len - 1] = last;
	return made;
}

static void a_key_request_arrives(void **state)
{
	static const uint8_t octets[] = "signed", auth[] = "auth", id[] = "hq.example", cert[] = "der";
	static const uint16_t hashes[] = { 2, 5 };
	const struct ike_peer_conf conf = { .name = "hq" };
	const struct ike_key_request request = {
		.id = 9, .verb = IKE_KEY_VERIFY, .peer = &conf, .prf = 5,
		.octets = octets, .octets_len = sizeof(octets), .hashes = hashes, .hash_count = 2,
		.method = 14, .auth = auth, .auth_len = sizeof(auth), .id_type = 2, .id_data = id,
		.id_len = sizeof(id), .certs = { { 4, cert, sizeof(cert) } }, .cert_count = 1,
	};
	struct ike_ipc_key_request got;

	(void)state;
	ike_ipc_put_key_request(&message, &request);
	assert_int_equal(message.kind, IKE_IPC_VERIFY);
	deliver();
	assert_int_equal(ike_ipc_get_key_request(&message, &got), 0);
	assert_string_equal(got.peer, "hq");
	assert_int_equal(got.request.id, 9);
	assert_int_equal(got.request.verb, IKE_KEY_VERIFY);
	assert_int_equal(got.request.prf, 5);
	assert_int_equal(got.request.octets_len, sizeof(octets));
	assert_memory_equal(got.request.octets, octets, sizeof(octets));
	assert_int_equal(got.request.hash_count, 2);
	assert_int_equal(got.request.hashes[1], 5);
	assert_int_equal(got.request.method, 14);
	assert_memory_equal(got.request.auth, auth, sizeof(auth));
	assert_int_equal(got.request.id_len, sizeof(id));
	assert_int_equal(got.request.cert_count, 1);
	assert_int_equal(got.request.certs[0].encoding, 4);
	assert_memory_equal(got.request.certs[0].data, cert, sizeof(cert));
}

static void a_key_reply_arrives(void **state)
{
	static const uint8_t auth[] = "auth";
	const struct ike_key_reply reply = { .error = -EACCES, .fault = "wrong-psk", .text = "why",
					     .method = 2, .auth = auth, .auth_len = sizeof(auth) };
	struct ike_ipc_key_reply got;

	(void)state;
	ike_ipc_put_key_reply(&message, 3, &reply);
	deliver();
	assert_int_equal(ike_ipc_get_key_reply(&message, &got), 0);
	assert_int_equal(got.reply.error, -EACCES);
	assert_string_equal(got.reply.fault, "wrong-psk");
	assert_string_equal(got.reply.text, "why");
	assert_int_equal(got.reply.auth_len, sizeof(auth));
	assert_int_equal(got.reply.cert_count, 0);
}

static void put_kernel_request(enum ike_kernel_verb verb)
{
	static const uint8_t key[] = { 1, 2, 3 };
	static const struct ike_ts local = { .len = 4, .port_last = 65535, .last = { 255 } };
	static const struct ike_ts remote = { .len = 16, .protocol = 6, .port_first = 1,
					      .port_last = 2 };
	const struct ike_child_conf child = { .name = "lan" };
	const struct ike_kernel_request request = {
		.id = 4, .verb = verb, .child = &child, .tunnel = "lan-2",
		.path = { endpoint(4, 1, 4500), endpoint(4, 2, 4501) }, .encap = true,
		.mode = IKE_MODE_TRANSPORT, .alg = "aes256gcm16", .esn = true, .local_ts = &local,
		.local_ts_count = 1, .remote_ts = &remote, .remote_ts_count = 1,
		.in = { 0x1234, key, 3 }, .out = { 0x5678, key, 2 },
	};

	ike_ipc_put_kernel_request(&message, &request);
	deliver();
}

static void a_kernel_request_arrives(void **state)
{
	struct ike_ipc_kernel_request got;

	(void)state;
	put_kernel_request(IKE_KERNEL_INSTALL);
	assert_int_equal(ike_ipc_get_kernel_request(&message, &got), 0);
	assert_int_equal(got.request.verb, IKE_KERNEL_INSTALL);
	assert_string_equal(got.child, "lan");
	assert_string_equal(got.request.tunnel, "lan-2");
	assert_int_equal(got.request.path.remote.port, 4501);
	assert_int_equal(got.request.path.remote.octets[3], 2);
	assert_true(got.request.encap);
	assert_int_equal(got.request.mode, IKE_MODE_TRANSPORT);
	assert_string_equal(got.request.alg, "aes256gcm16");
	assert_true(got.request.esn);
	assert_int_equal(got.request.local_ts_count, 1);
	assert_int_equal(got.request.local_ts[0].last[0], 255);
	assert_int_equal(got.request.remote_ts[0].len, 16);
	assert_int_equal(got.request.remote_ts[0].protocol, 6);
	assert_int_equal(got.request.in.spi, 0x1234);
	assert_int_equal(got.request.in.key_len, 3);
	assert_int_equal(got.request.out.key_len, 2);
}

static void a_kernel_reply_arrives(void **state)
{
	const struct ike_kernel_reply reply = { .error = -ENOSPC, .message = "full", .spi = 7,
						.rx_idle = UINT64_MAX, .tx_idle = 5 };
	struct ike_ipc_kernel_reply got;

	(void)state;
	ike_ipc_put_kernel_reply(&message, 3, &reply);
	deliver();
	assert_int_equal(ike_ipc_get_kernel_reply(&message, &got), 0);
	assert_int_equal(got.reply.error, -ENOSPC);
	assert_string_equal(got.reply.message, "full");
	assert_int_equal(got.reply.spi, 7);
	assert_true(got.reply.rx_idle == UINT64_MAX);
	assert_int_equal(got.reply.tx_idle, 5);
}

static void a_kernel_event_arrives(void **state)
{
	const struct ike_kernel_event event = { .kind = IKE_KERNEL_ENDPOINT, .tunnel = "lan",
						.spi = 5, .inbound = true,
						.endpoint = endpoint(16, 3, 4500) };
	struct ike_ipc_kernel_event got;

	(void)state;
	ike_ipc_put_kernel_event(&message, &event);
	deliver();
	assert_int_equal(ike_ipc_get_kernel_event(&message, &got), 0);
	assert_int_equal(got.event.kind, IKE_KERNEL_ENDPOINT);
	assert_string_equal(got.event.tunnel, "lan");
	assert_true(got.event.inbound);
	assert_false(got.event.hard);
	assert_int_equal(got.event.endpoint.octets[15], 3);
}

/* A process that was taken over sends what it likes. */
static void every_octet_may_be_any_and_every_length_shorter(void **state)
{
	static struct ike_ipc_message good;
	struct ike_ipc_kernel_request got;
	size_t at, len;
	int value, refused = 0;

	(void)state;
	put_kernel_request(IKE_KERNEL_INSTALL);
	good = message;
	for (len = 8; len < good.len; len++) {
		message = good;
		message.len = len;
		assert_int_equal(ike_ipc_get_kernel_request(&message, &got), -EBADMSG);
	}
	for (at = 8; at < good.len; at++) {
		for (value = 0; value < 256; value += 15) {
			message = good;
			message.octets[at] = value;
			if (ike_ipc_get_kernel_request(&message, &got)) {
				refused++;
				continue;
			}
			assert_in_range(got.request.verb, 0, IKE_KERNEL_QUERY);
			assert_in_range(got.request.mode, 0, IKE_MODE_TRANSPORT);
			assert_in_range(got.request.local_ts_count, 0, IKE_TS_MAX);
		}
	}
	assert_true(refused > 0);
}

static void what_is_out_of_its_range_is_refused(void **state)
{
	struct ike_ipc_kernel_request got;

	(void)state;
	put_kernel_request(IKE_KERNEL_QUERY + 1);
	assert_int_equal(ike_ipc_get_kernel_request(&message, &got), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_request_arrives),
		cmocka_unit_test(a_key_reply_arrives),
		cmocka_unit_test(a_kernel_request_arrives),
		cmocka_unit_test(a_kernel_reply_arrives),
		cmocka_unit_test(a_kernel_event_arrives),
		cmocka_unit_test(every_octet_may_be_any_and_every_length_shorter),
		cmocka_unit_test(what_is_out_of_its_range_is_refused),
	};

	return cmocka_run_group_tests_name("ipcmsg", tests, NULL, NULL);
}
