// SPDX-License-Identifier: MIT
/*
 * The engine, and a peer with the right keys and bad intentions: two hosts as in ../tests/sim.h, and
 * in place of what one of them would have encrypted stand the fuzzer's payloads.
 *
 *	stage (1), then
 *	0: a message from a stranger
 *	1: in the request of IKE_AUTH: type of the first payload (1), payloads
 *	2: in the response of IKE_AUTH: likewise
 *	3: when all is up, once and again: what is ordered (1), length (1), type (1), payloads
 *
 * What is ordered is a command (bits 0 to 2) to a host (bit 3) for a tunnel (bit 4); the payloads
 * replace those of the request that comes of it, or of the response to it (bit 5).
 */
#include "../tests/sim.h"
#include "fuzz.h"
#include "sk.h"

/** ORDERS_MAX - orders in one input; more take long and find nothing else */
#define ORDERS_MAX 6
/** AUTH_PATIENCE, ORDER_PATIENCE - simulated milliseconds in which something may come of it */
#define AUTH_PATIENCE 3000
#define ORDER_PATIENCE 400

/* What is replaced: the next message with these flags, once. */
static struct {
	bool armed;
	bool response;
	uint8_t exchange;
	uint8_t first;
	struct ike_span payloads;
} bad;

ptrdiff_t __real_ike_sk_protect(struct ike_seal *seal, const struct ike_header *header,
				uint8_t first, struct ike_span payloads, uint8_t *to, size_t size);
ptrdiff_t __wrap_ike_sk_protect(struct ike_seal *seal, const struct ike_header *header,
				uint8_t first, struct ike_span payloads, uint8_t *to, size_t size);

/* The linker has every call to ike_sk_protect() come here. */
ptrdiff_t __wrap_ike_sk_protect(struct ike_seal *seal, const struct ike_header *header,
				uint8_t first, struct ike_span payloads, uint8_t *to, size_t size)
{
	if (bad.armed && bad.response == !!(header->flags & IKE_FLAG_RESPONSE) &&
	    (!bad.exchange || header->exchange == bad.exchange)) {
		bad.armed = false;
		first = bad.first;
		payloads = bad.payloads;
	}
	return __real_ike_sk_protect(seal, header, first, payloads, to, size);
}

static void arm(bool response, uint8_t exchange, const uint8_t *data, size_t size)
{
	bad.armed = size;
	bad.response = response;
	bad.exchange = exchange;
	bad.first = size ? data[0] : 0;
	bad.payloads = (struct ike_span){ data + 1, size ? size - 1 : 0 };
}

/* SAs that carry traffic; SPIs that are only reserved do not count. */
static size_t installed(const struct sim_host *host)
{
	size_t i, count = 0;

	for (i = 0; i < host->sa_count; i++)
		count += !host->sas[i].larval;
	return count;
}

static void try_stranger(struct sim *sim, const uint8_t *data, size_t size)
{
	struct ike_path path = { .local = sim->hosts[1].conf.local,
				 .remote = sim->hosts[0].conf.local };

	path.local.port = path.remote.port = IKE_PORT;
	ike_engine_receive(sim->hosts[1].engine, &path, data, size, sim->now);
	sim_run(sim, AUTH_PATIENCE);
	must(!installed(&sim->hosts[1]));
}

/* Nobody can make AUTH data that is right without the key, so nothing may be installed. */
static void try_auth(struct sim *sim, bool response, const uint8_t *data, size_t size)
{
	arm(response, IKE_AUTH, data, size);
	must(!sim_command(sim, 0, IKE_COMMAND_UP, "net"));
	sim_run(sim, AUTH_PATIENCE);
	must(!size || (!bad.armed && !installed(&sim->hosts[!response])));
}

static void try_orders(struct sim *sim, const uint8_t *data, size_t size)
{
	unsigned int orders = 0;
	size_t len;

	sim_bring_up(sim);
	while (size > 2 && orders++ < ORDERS_MAX) {
		len = data[1] < size - 2 ? data[1] : size - 2;
		arm(data[0] & 0x20, 0, data + 2, len);
		sim_command(sim, !!(data[0] & 0x08), (enum ike_command)((data[0] & 7) % 5),
			    data[0] & 0x10 ? "lab" : "net");
		sim_run(sim, ORDER_PATIENCE);
		data += 2 + len;
		size -= 2 + len;
	}
	bad.armed = false;
	sim_run(sim, 60000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sim sim;

	if (!size)
		return 0;
	bad.armed = false;
	sim_init(&sim, 1);
	sim_start(&sim);
	switch (data[0] & 3) {
	case 0:
		try_stranger(&sim, data + 1, size - 1);
		break;
	case 1:
	case 2:
		try_auth(&sim, (data[0] & 3) == 2, data + 1, size - 1);
		break;
	case 3:
		try_orders(&sim, data + 1, size - 1);
		break;
	}
	sim_free(&sim);
	return 0;
}
