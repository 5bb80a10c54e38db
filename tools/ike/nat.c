// SPDX-License-Identifier: MIT
#include <string.h>
#include "crypt.h"
#include "nat.h"

static void put64(uint8_t *to, uint64_t value)
{
	size_t i;

	for (i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (56 - 8 * i));
}

int ike_nat_hash(const struct ike_header *header, const struct ike_endpoint *endpoint,
		 uint8_t to[IKE_NAT_HASH_SIZE])
{
	uint8_t spis[16], port[2] = { (uint8_t)(endpoint->port >> 8), (uint8_t)endpoint->port };
	const struct ike_span parts[] = { IKE_SPAN(spis), { endpoint->octets, endpoint->len },
					  IKE_SPAN(port) };

	put64(spis, header->spi_i);
	put64(spis + 8, header->spi_r);
	return ike_sha1(parts, 3, to);
}

static void put_hash(struct ike_writer *writer, uint16_t type, const struct ike_header *header,
		     const struct ike_endpoint *endpoint)
{
	uint8_t hash[IKE_NAT_HASH_SIZE];

	if (ike_nat_hash(header, endpoint, hash)) {
		writer->failed = true;
		return;
	}
	ike_put_notify(writer, type, hash, sizeof(hash));
}

void ike_put_nat(struct ike_writer *writer, const struct ike_header *header,
		 const struct ike_endpoint *source, const struct ike_endpoint *destination)
{
	put_hash(writer, IKE_NAT_DETECTION_SOURCE_IP, header, source);
	put_hash(writer, IKE_NAT_DETECTION_DESTINATION_IP, header, destination);
}

/* Counts the notifications of a type, and those among them that say @hash. */
static void count(const struct ike_chain *chain, uint16_t type,
		  const uint8_t hash[IKE_NAT_HASH_SIZE], size_t *all, size_t *same)
{
	struct ike_notify notify;
	size_t i;

	*all = *same = 0;
	for (i = 0; i < chain->count; i++) {
		if (chain->payloads[i].type != IKE_PAYLOAD_NOTIFY ||
		    ike_notify_parse(&chain->payloads[i], &notify) || notify.type != type)
			continue;
		(*all)++;
		*same += !memcmp(notify.data.at, hash, IKE_NAT_HASH_SIZE);
	}
}

int ike_nat_detect(const struct ike_chain *chain, const struct ike_header *header,
		   const struct ike_endpoint *source, const struct ike_endpoint *destination,
		   struct ike_nat *nat)
{
	size_t sources, sources_same, destinations, destinations_same;
	uint8_t hash[IKE_NAT_HASH_SIZE];
	int err;

	memset(nat, 0, sizeof(*nat));
	err = ike_nat_hash(header, source, hash);
	if (err)
		return err;
	count(chain, IKE_NAT_DETECTION_SOURCE_IP, hash, &sources, &sources_same);
	err = ike_nat_hash(header, destination, hash);
	if (err)
		return err;
	count(chain, IKE_NAT_DETECTION_DESTINATION_IP, hash, &destinations, &destinations_same);

	nat->told = sources && destinations;
	nat->remote = nat->told && !sources_same;
	nat->local = nat->told && !destinations_same;
	return 0;
}
