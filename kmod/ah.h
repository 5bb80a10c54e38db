/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_AH_H
#define _SECTUN_AH_H

/*
 * ah(X): the packet cryptography of AH (RFC 4302) as an AEAD of the kernel crypto API.
 *
 * X is a keyed hash, as in ah(hmac(sha256)), or an AEAD of the family of gcm(aes), which makes
 * AES-GMAC (RFC 4543 section 4). The caller has one calling convention for every X.
 *
 * The associated data is the packet from the IP header on, as it is sent or was received; with
 * 64-bit sequence numbers the high half follows it (RFC 4302 section 2.5.1). Fields that may change
 * on the way are taken care of here, in a copy (ah_header.h). What the ICV field of AH contains
 * does not matter. There is no text: cryptlen is 0 to encrypt, and the octets of ICV to decrypt:
 *
 *	src:	IP header(s) | AH | payload [ | high half ] [ | ICV, to decrypt ]
 *	dst:	the same octets, not written		    [ | ICV, to encrypt ]
 *
 * So one part of a scatterlist is the packet, and another, behind it, points back to its ICV field.
 *
 * With GMAC the IV is the first 8 octets of the ICV field, and the ICV, all of its 16 octets,
 * follows. To encrypt, the IV is written into the packet in dst. The key ends with 4 octets of
 * salt, as that of rfc4106.
 *
 * req->iv is the packet's 64-bit counter, big-endian; with GMAC it must not repeat under one key.
 * To decrypt it is not read. It must live until the request is done.
 *
 * src is never written. dst may be src itself or other memory. As with every AEAD, associated data
 * is not copied to a dst of its own.
 *
 * Requests have to be in memory from kmalloc() or a slab, as those of esp(X).
 *
 * Results: 0; -EINPROGRESS or -EBUSY, and the callback tells the result later; -EBADMSG for an ICV
 * that does not match; -EINVAL for lengths and headers that no packet with AH has.
 */

/* Octets of the counter in req->iv: the ivsize of every ah(X). */
#define SECTUN_AH_COUNTER_LEN 8

/* Octets of the IV that GMAC has in the packet (RFC 4543 section 3.1). */
#define SECTUN_AH_IV_LEN 8

/*
 * Octets from the IP header to the end of the ICV field, at most. All headers have to be in the
 * first fragment of a packet (RFC 7112 section 5), and one of 1280 octets fits everywhere.
 */
#define SECTUN_AH_HEAD_MAX 1280

int sectun_ah_register(void);
void sectun_ah_unregister(void);

#endif
