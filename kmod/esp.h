/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_ESP_H
#define _SECTUN_ESP_H

/*
 * esp(X): the packet cryptography of ESP as an AEAD of the kernel crypto API.
 *
 * X is an AEAD's name, as in esp(rfc4106(gcm(aes))). The caller has one calling convention for
 * every X; how the IV is made and where X wants to see it is settled in esp.c. In esp-iiv(X) the IV
 * is implicit (RFC 8750).
 *
 * A packet has as many octets of IV as X takes, which alg.c tells: 8 for counter modes, a block
 * for CBC modes, 0 for NULL; with esp-iiv(X) 0.
 *
 * The associated data is what stands in front of the packet's IV (RFC 4303 section 2), with the
 * high half of an extended sequence number put in between (RFC 4106 section 5):
 *
 *	32-bit sequence numbers		SPI | sequence number
 *	64-bit sequence numbers		SPI | high half | low half
 *
 * A pair of cipher and integrity algorithm authenticates the high half elsewhere: authenc(...)
 * takes the short form only, authencesn(...) the long one only.
 *
 * The scatterlists have the order of the packet. The ciphertext covers the payload, its padding,
 * pad length and next header. To encrypt, with cryptlen = octets of IV and plaintext:
 *
 *	src:	associated data | room for the IV | plaintext
 *	dst:	associated data | IV		  | ciphertext | ICV
 *
 * To decrypt, with cryptlen = octets of IV, ciphertext and ICV:
 *
 *	src:	associated data | IV		  | ciphertext | ICV
 *	dst:	associated data | room for the IV | plaintext | room
 *
 * The last room is of SECTUN_ESP_ROOM octets, in which X may leave anything; only authencesn(...)
 * asks for it, and only on some kernels.
 *
 * req->iv is the packet's 64-bit counter, big-endian; it must not repeat under one key. To decrypt,
 * and where the IV is random, implicit or not there, it is not read. It needs no alignment, is
 * never written and must live until the request is done.
 *
 * src is never written. dst may be src itself, or other memory, or memory of which only associated
 * data and IV are those of src. As with every AEAD, associated data is not copied to a dst of its
 * own. It is fastest when associated data and IV stand in the first entry of a scatterlist, and
 * src and dst share that memory.
 *
 * Requests have to be in memory from kmalloc() or a slab: not on a stack, not from alloc_percpu(),
 * because parts of a request may enter scatterlists.
 *
 * Results: 0; -EINPROGRESS or -EBUSY, and the callback tells the result later; -EBADMSG for an ICV
 * that does not match; -EINVAL for lengths that no packet has.
 */

/* Octets of the counter in req->iv: the ivsize of every esp(X). */
#define SECTUN_ESP_COUNTER_LEN	8

/* Octets of associated data, without and with extended sequence numbers. */
#define SECTUN_ESP_AAD_LEN	8
#define SECTUN_ESP_AAD_ESN_LEN	12

/* Octets of dst behind the plaintext when a packet is decrypted. */
#define SECTUN_ESP_ROOM		4

int sectun_esp_register(void);
void sectun_esp_unregister(void);

#endif
