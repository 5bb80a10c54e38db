/* SPDX-License-Identifier: MIT */
/* NAT detection (RFC 7296 section 2.23). */
#ifndef IKE_NAT_H
#define IKE_NAT_H

#include <stdbool.h>
#include <stdint.h>
#include "endpoint.h"
#include "wire.h"

/** IKE_NAT_HASH_SIZE - octets of a NAT_DETECTION_..._IP notification */
#define IKE_NAT_HASH_SIZE 20

/**
 * ike_nat_hash - SHA-1(SPIi | SPIr | address | port)
 * @header: SPIs of the message that carries it
 * @endpoint: address and port
 * @to: gets the hash
 *
 * Return: 0 or a negative errno of crypt.h.
 */
int ike_nat_hash(const struct ike_header *header, const struct ike_endpoint *endpoint,
		 uint8_t to[IKE_NAT_HASH_SIZE]);

/**
 * ike_put_nat - writes both NAT_DETECTION notifications
 * @writer: the writer
 * @header: SPIs of the message
 * @source: where it is sent from
 * @destination: where to
 */
void ike_put_nat(struct ike_writer *writer, const struct ike_header *header,
		 const struct ike_endpoint *source, const struct ike_endpoint *destination);

/**
 * struct ike_nat - what a peer's notifications tell
 * @told: there are both kinds, so the peer can do UDP encapsulation
 * @local: somebody changed our address or port on the way
 * @remote: somebody changed the peer's
 */
struct ike_nat {
	bool told;
	bool local;
	bool remote;
};

/**
 * ike_nat_detect - compares a message's notifications with where it came from
 * @chain: its payloads; there may be several sources
 * @header: its SPIs
 * @source: where it came from
 * @destination: where it arrived
 * @nat: is filled in
 *
 * Return: 0 or a negative errno of crypt.h.
 */
int ike_nat_detect(const struct ike_chain *chain, const struct ike_header *header,
		   const struct ike_endpoint *source, const struct ike_endpoint *destination,
		   struct ike_nat *nat);

#endif
