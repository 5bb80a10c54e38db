/* SPDX-License-Identifier: MIT */
/*
 * libsectun: configuration of sectun devices over generic netlink.
 *
 * A struct sectun is a connection to the kernel in the network namespace of the thread that opened
 * it. The library keeps no other state, prints nothing and starts nothing: two threads may use two
 * connections at the same time, one connection belongs to one thread at a time.
 *
 * Functions return 0, or a negative errno; sectun_error() then says in a sentence what was wrong,
 * and sectun_error_attribute() names the attribute that the kernel objected to.
 *
 * Objects are plain structures. The first member of each, `has`, is the set of members that mean
 * something: bit SECTUN_HAS(n) for the member that attribute number n of the UAPI header describes.
 * In a request it says what is sent; in an answer it says what the kernel told. Members beside it
 * hold 0 if absent.
 *
 * Interface indexes are those of the network namespace of the connection. Ports and SPIs are in
 * host order, addresses in network order.
 *
 * Links are made by rtnetlink: `ip link add sec0 type sectun`.
 */
#ifndef SECTUN_H
#define SECTUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/sectun.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * SECTUN_HAS - the bit of an object's @has that stands for an attribute
 * @attribute: its number in the UAPI header, such as SECTUN_A_TUNNEL_LOCAL
 */
#define SECTUN_HAS(attribute) (UINT64_C(1) << (attribute))

/** SECTUN_ALG_NAME_SIZE - octets of the longest algorithm or driver name, its NUL included */
#define SECTUN_ALG_NAME_SIZE 128
/** SECTUN_REASON_SIZE - octets of the longest name of a reason for drops, its NUL included */
#define SECTUN_REASON_SIZE 32
/** SECTUN_REASON_TEXT_SIZE - octets of the longest sentence of a reason, its NUL included */
#define SECTUN_REASON_TEXT_SIZE 128
/** SECTUN_IFNAME_SIZE - octets of the longest interface name, its NUL included */
#define SECTUN_IFNAME_SIZE 16

struct sectun;

/**
 * struct sectun_addr - an IPv4 or IPv6 address
 * @len: octets of it: 4, 16, or 0 for none
 * @octets: the address in network order
 */
struct sectun_addr {
	uint8_t len;
	uint8_t octets[16];
};

/**
 * struct sectun_drop - how often one reason for drops occurred
 * @has: members that are present, SECTUN_A_DROP_...
 * @packets: packets dropped
 * @reason: name, such as bad-icv
 * @text: the reason in a sentence
 */
struct sectun_drop {
	uint64_t has;
	uint64_t packets;
	char reason[SECTUN_REASON_SIZE];
	char text[SECTUN_REASON_TEXT_SIZE];
};

/**
 * struct sectun_stats - counters; octets are those of inner packets
 * @has: members that are present, SECTUN_A_STATS_...
 * @rx_packets: packets received and delivered
 * @rx_bytes: octets of them
 * @tx_packets: packets protected and sent
 * @tx_bytes: octets of them
 * @drops: reasons that occurred; belongs to the object
 * @drop_count: number of them
 */
struct sectun_stats {
	uint64_t has;
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	struct sectun_drop *drops;
	size_t drop_count;
};

/**
 * struct sectun_ts - a traffic selector of one side (RFC 7296 section 3.13.1)
 * @has: members that are present, SECTUN_A_TS_...
 * @address: prefix; bits after @prefixlen are 0
 * @prefixlen: bits of the prefix
 * @protocol: IP protocol; absent or 0: any
 * @port_first: first port; absent: any
 * @port_last: last port; absent: @port_first
 */
struct sectun_ts {
	uint64_t has;
	struct sectun_addr address;
	uint8_t prefixlen;
	uint8_t protocol;
	uint16_t port_first;
	uint16_t port_last;
};

/**
 * struct sectun_ts_list - the traffic selectors of one side; none: every address
 * @items: the selectors
 * @count: number of them
 */
struct sectun_ts_list {
	struct sectun_ts *items;
	size_t count;
};

/**
 * struct sectun_device - a sectun network device
 * @has: members that are present, SECTUN_A_DEVICE_...
 * @ifindex: interface index
 * @tunnels: number of tunnels
 * @name: interface name
 * @stats: counters since the device was created
 */
struct sectun_device {
	uint64_t has;
	uint32_t ifindex;
	uint32_t tunnels;
	char name[SECTUN_IFNAME_SIZE];
	struct sectun_stats stats;
};

/**
 * struct sectun_tunnel - one peer relation inside a device
 * @has: members that are present, SECTUN_A_TUNNEL_...
 * @ifindex: interface index of the device
 * @name: name, unique in the device
 * @local: outer address of this end
 * @remote: outer address of the peer, of the same family
 * @mode: enum sectun_mode
 * @encap: enum sectun_encap
 * @df: enum sectun_df
 * @dscp: outer six-bit DSCP, SECTUN_DSCP_COPY or SECTUN_DSCP_MAP
 * @ecn: 1: RFC 6040; 0: not ECN-capable
 * @ttl: outer TTL or hop limit, or SECTUN_TTL_COPY
 * @flow_label: enum sectun_flow_label
 * @dscp_map: the outer DSCP for each inner one, with SECTUN_DSCP_MAP
 * @sport: UDP port of this end
 * @dport: UDP port of the peer
 * @tfc: inner packets shorter than this many octets are padded to it; 0: off
 * @dummy: dummy packets to be sent in a second; 0: none
 * @mss: largest TCP MSS let through, 0: any, or SECTUN_MSS_AUTO
 * @keepalive: seconds of silence before a NAT keepalive; 0: never
 * @link: interface index in the device's outer namespace for outer packets; 0: any
 * @mark: mark of outer packets
 * @path_mtu: largest inner packet that fits the path now, in octets; answers only
 * @held: packets that wait for a transmit SA; answers only
 * @local_ts: traffic selectors of this end
 * @remote_ts: traffic selectors of the peer
 * @stats: counters since the tunnel was added; answers only
 *
 * In a request the selectors belong to the caller; in an answer, to the object.
 */
struct sectun_tunnel {
	uint64_t has;
	uint32_t ifindex;
	char name[SECTUN_NAME_SIZE];
	struct sectun_addr local;
	struct sectun_addr remote;
	uint8_t mode;
	uint8_t encap;
	uint8_t df;
	uint8_t dscp;
	uint8_t ecn;
	uint8_t ttl;
	uint8_t flow_label;
	uint8_t dscp_map[SECTUN_DSCP_COUNT];
	uint16_t sport;
	uint16_t dport;
	uint16_t tfc;
	uint16_t dummy;
	uint16_t mss;
	uint16_t keepalive;
	uint32_t link;
	uint32_t mark;
	uint32_t path_mtu;
	uint32_t held;
	struct sectun_ts_list local_ts;
	struct sectun_ts_list remote_ts;
	struct sectun_stats stats;
};

/**
 * struct sectun_late - how many packets were late by about how much
 * @has: members that are present, SECTUN_A_LATE_...
 * @behind: numbers by which they were behind the newest, at least, and less than twice as many
 * @packets: packets
 */
struct sectun_late {
	uint64_t has;
	uint32_t behind;
	uint64_t packets;
};

/**
 * struct sectun_sa - one direction of one SPI
 * @has: members that are present, SECTUN_A_SA_...
 * @ifindex: interface index of the device
 * @tunnel: name of the tunnel
 * @dir: enum sectun_dir
 * @proto: enum sectun_proto
 * @esn: 1: 64-bit sequence numbers
 * @allow_static: the key was not negotiated
 * @state: enum sectun_sa_state; answers only
 * @spi: SPI, from 256
 * @replay: receive: packets of the replay window; 0: off
 * @seq: transmit: the last number used; receive: the top of the window
 * @alg: algorithm keyword, such as aes256gcm16
 * @driver: crypto driver in use; answers only
 * @age: seconds since the SA was installed; answers only
 * @idle: seconds since its last packet, absent before the first; answers only
 * @key: KEYMAT (RFC 7296 section 2.17); belongs to the caller; never in an answer
 * @key_len: octets of it
 * @spi_min: sectun_spi_alloc(): smallest SPI acceptable
 * @spi_max: sectun_spi_alloc(): largest SPI acceptable
 * @larval_timeout: sectun_spi_alloc(): seconds until an unused reservation is dropped
 * @soft_bytes: octets under the cipher after which expire is told
 * @hard_bytes: octets under the cipher past which the SA carries nothing more
 * @soft_packets: packets after which expire is told
 * @hard_packets: packets past which the SA carries nothing more
 * @soft_time: seconds after which expire is told
 * @hard_time: seconds after which the SA carries nothing more
 * @used_bytes: what counts against the limits of octets; answers only
 * @used_packets: what counts against the limits of packets; answers only
 * @follow: receive: 1: the tunnel goes where the peer is seen
 * @lost: receive: numbers that left the replay window unreceived; answers only
 * @late: receive: packets accepted behind a newer one; answers only
 * @late_max: receive: numbers by which the latest of them was behind; answers only
 * @late_by: receive: the late packets by powers of two; answers only, belongs to the object
 * @late_by_count: number of entries
 * @legacy: the algorithm may be one that should not be chosen; requests only
 * @stats: counters of the SA; answers only
 */
struct sectun_sa {
	uint64_t has;
	uint32_t ifindex;
	char tunnel[SECTUN_NAME_SIZE];
	uint8_t dir;
	uint8_t proto;
	uint8_t esn;
	bool allow_static;
	uint8_t state;
	uint32_t spi;
	uint32_t replay;
	uint64_t seq;
	char alg[SECTUN_ALG_NAME_SIZE];
	char driver[SECTUN_ALG_NAME_SIZE];
	uint64_t age;
	uint64_t idle;
	const uint8_t *key;
	size_t key_len;
	uint32_t spi_min;
	uint32_t spi_max;
	uint32_t larval_timeout;
	uint64_t soft_bytes;
	uint64_t hard_bytes;
	uint64_t soft_packets;
	uint64_t hard_packets;
	uint64_t soft_time;
	uint64_t hard_time;
	uint64_t used_bytes;
	uint64_t used_packets;
	uint8_t follow;
	uint64_t lost;
	uint64_t late;
	uint32_t late_max;
	struct sectun_late *late_by;
	size_t late_by_count;
	bool legacy;
	struct sectun_stats stats;
};

/**
 * struct sectun_rekey - one rekey: all of it takes effect, or nothing
 * @has: members that are present, SECTUN_A_REKEY_...
 * @ifindex: interface index of the device
 * @tunnel: name of the tunnel
 * @in: the new receive SA: proto, spi, alg, key, esn, replay, seq, follow, limits of its lifetime
 * @out: the new transmit SA: proto, spi, alg, key, esn, seq, allow_static, likewise
 * @retire_after: milliseconds for which the older receive SAs still receive
 */
struct sectun_rekey {
	uint64_t has;
	uint32_t ifindex;
	char tunnel[SECTUN_NAME_SIZE];
	struct sectun_sa in;
	struct sectun_sa out;
	uint32_t retire_after;
};

/**
 * struct sectun_alg - one algorithm of the module's table
 * @has: members that are present, SECTUN_A_ALG_...
 * @name: keyword, such as aes256gcm16
 * @proto: enum sectun_proto
 * @legacy: works and should not be chosen
 * @no_driver: requests only: do not ask for @driver
 * @id: IANA IKEv2 transform ID of the encryption algorithm; absent in AH
 * @integ_id: likewise of the integrity algorithm; absent where the cipher has integrity of its own
 * @keymat: octets of KEYMAT, salt and integrity key included
 * @key: octets of the encryption key, which comes first in KEYMAT
 * @salt: octets of the salt, which comes next; what is left of KEYMAT is the integrity key
 * @iv: octets of IV in each packet
 * @icv: octets of ICV in each packet
 * @block: octets to a multiple of which the ciphertext is padded
 * @crypto_name: name in the kernel crypto API
 * @driver: driver that this kernel would use; absent where there is none
 */
struct sectun_alg {
	uint64_t has;
	char name[SECTUN_ALG_NAME_SIZE];
	uint8_t proto;
	bool legacy;
	bool no_driver;
	uint16_t id;
	uint16_t integ_id;
	uint16_t keymat;
	uint16_t key;
	uint16_t salt;
	uint16_t iv;
	uint16_t icv;
	uint16_t block;
	char crypto_name[SECTUN_ALG_NAME_SIZE];
	char driver[SECTUN_ALG_NAME_SIZE];
};

/**
 * struct sectun_event - something that happened
 * @has: members that are present, SECTUN_A_EVENT_...
 * @command: what it was, such as SECTUN_CMD_ACQUIRE_NTF; sectun_event_name() names it
 * @hard: SECTUN_CMD_EXPIRE_NTF: the SA carries nothing more; else: time to rekey
 * @ifindex: interface index of the device
 * @tunnel: the tunnel, without counters
 * @sa: the SA
 * @ts_src: SECTUN_CMD_ACQUIRE_NTF: source of the packet that waits
 * @ts_dst: SECTUN_CMD_ACQUIRE_NTF: its destination
 * @address: SECTUN_CMD_ENDPOINT_CHANGE_NTF: the new outer source
 * @port: SECTUN_CMD_ENDPOINT_CHANGE_NTF: its UDP port
 * @failures: SECTUN_CMD_AUTH_FAILURES_NTF: packets of the SA that failed so far
 */
struct sectun_event {
	uint64_t has;
	unsigned int command;
	bool hard;
	uint32_t ifindex;
	struct sectun_tunnel tunnel;
	struct sectun_sa sa;
	struct sectun_ts ts_src;
	struct sectun_ts ts_dst;
	struct sectun_addr address;
	uint16_t port;
	uint64_t failures;
};

/**
 * struct sectun_enum - the names of an enum's values, as the specification and the command write
 * them
 * @first: the first value
 * @count: number of values; they follow one another
 * @names: their names
 */
struct sectun_enum {
	unsigned int first;
	unsigned int count;
	const char *const *names;
};

extern const struct sectun_enum sectun_mode_enum;
extern const struct sectun_enum sectun_encap_enum;
extern const struct sectun_enum sectun_df_enum;
extern const struct sectun_enum sectun_flow_label_enum;
extern const struct sectun_enum sectun_dir_enum;
extern const struct sectun_enum sectun_sa_state_enum;
extern const struct sectun_enum sectun_proto_enum;

/**
 * sectun_enum_name - the name of a value
 * @names: the enum
 * @value: the value
 *
 * Return: the name, or "?" for a value that this library does not know.
 */
const char *sectun_enum_name(const struct sectun_enum *names, unsigned int value);

/**
 * sectun_open - connects to the kernel
 * @handle: is set to the connection
 *
 * The kernel loads the module if it can find it. On every failure but -ENOMEM @handle is valid for
 * sectun_error() and sectun_close(), and for nothing else.
 *
 * Return: 0; -ENOENT: the module is not loaded; -EPROTONOSUPPORT or another errno of socket(2).
 */
int sectun_open(struct sectun **handle);

/**
 * sectun_close - ends a connection
 * @handle: the connection, or NULL
 */
void sectun_close(struct sectun *handle);

/**
 * sectun_error - what was wrong
 * @handle: the connection
 *
 * Return: the kernel's sentence about the last function that failed, or else what its errno means;
 * "" if it succeeded. Valid until the next function on the connection.
 */
const char *sectun_error(const struct sectun *handle);

/**
 * sectun_error_attribute - which attribute was wrong
 * @handle: the connection
 *
 * Return: the attribute's name in the specification, nests joined by a dot, such as
 * "remote-ts.prefixlen"; NULL if the kernel named none. Valid until the next function on the
 * connection.
 */
const char *sectun_error_attribute(const struct sectun *handle);

/**
 * sectun_warning - what the kernel remarked on a request that it accepted
 * @handle: the connection
 *
 * Return: a sentence, or NULL. Valid until the next function on the connection.
 */
const char *sectun_warning(const struct sectun *handle);

/**
 * sectun_device_get - asks for one device
 * @handle: the connection
 * @ifindex: its interface index
 * @device: is filled in; the caller releases it with sectun_device_uninit()
 *
 * Return: 0; -ENODEV: no such device, or not one of sectun's; -EPERM.
 */
int sectun_device_get(struct sectun *handle, uint32_t ifindex, struct sectun_device *device);

/**
 * sectun_device_list - asks for all devices of the namespace
 * @handle: the connection
 * @list: is set to an array; the caller releases it with sectun_device_list_free()
 * @count: is set to its length
 *
 * A list that changed while the kernel told it is asked for again, up to a few times.
 *
 * Return: 0; -EPERM; -ENOMEM; -EAGAIN: it changes too fast.
 */
int sectun_device_list(struct sectun *handle, struct sectun_device **list, size_t *count);

void sectun_device_uninit(struct sectun_device *device);
void sectun_device_list_free(struct sectun_device *list, size_t count);

/**
 * sectun_tunnel_new - adds a tunnel to a device
 * @handle: the connection
 * @tunnel: needs ifindex, name, local and remote
 *
 * Return: 0; -EEXIST: the device has one of that name; -ENODEV; -EINVAL; -EPERM; -EADDRINUSE.
 */
int sectun_tunnel_new(struct sectun *handle, const struct sectun_tunnel *tunnel);

/**
 * sectun_tunnel_set - changes what is present in @tunnel and leaves the rest
 * @handle: the connection
 * @tunnel: needs ifindex and name
 *
 * Return: 0; -ENOENT: no such tunnel; else as sectun_tunnel_new().
 */
int sectun_tunnel_set(struct sectun *handle, const struct sectun_tunnel *tunnel);

/**
 * sectun_tunnel_del - removes a tunnel with its SAs
 * @handle: the connection
 * @ifindex: interface index of the device
 * @name: the tunnel
 *
 * Return: 0; -ENOENT; -ENODEV; -EPERM.
 */
int sectun_tunnel_del(struct sectun *handle, uint32_t ifindex, const char *name);

/**
 * sectun_tunnel_get - asks for one tunnel
 * @handle: the connection
 * @ifindex: interface index of the device
 * @name: the tunnel
 * @tunnel: is filled in; the caller releases it with sectun_tunnel_uninit()
 *
 * Return: 0; -ENOENT; -ENODEV; -EPERM.
 */
int sectun_tunnel_get(struct sectun *handle, uint32_t ifindex, const char *name,
		      struct sectun_tunnel *tunnel);

/**
 * sectun_tunnel_list - asks for all tunnels
 * @handle: the connection
 * @ifindex: of this device; 0: of every device of the namespace
 * @list: is set to an array; the caller releases it with sectun_tunnel_list_free()
 * @count: is set to its length
 *
 * Return: as sectun_device_list(); -ENODEV.
 */
int sectun_tunnel_list(struct sectun *handle, uint32_t ifindex, struct sectun_tunnel **list,
		       size_t *count);

void sectun_tunnel_uninit(struct sectun_tunnel *tunnel);
void sectun_tunnel_list_free(struct sectun_tunnel *list, size_t count);

/**
 * sectun_sa_new - installs an SA
 * @handle: the connection
 * @sa: needs ifindex, tunnel, dir, spi, alg and key; a transmit SA whose key was not negotiated
 *       needs allow_static
 *
 * The library's copy of the key is wiped before it returns; the caller wipes its own.
 *
 * Return: 0; -EEXIST: the SPI is in use; -ENOENT: no such tunnel, algorithm or crypto module;
 * -EINVAL; -ENOSPC: four receive SAs already; -EPERM.
 */
int sectun_sa_new(struct sectun *handle, const struct sectun_sa *sa);

/**
 * sectun_sa_set - moves the sequence number of an SA forward
 * @handle: the connection
 * @sa: needs ifindex, dir, spi and seq
 *
 * Return: 0; -ENOENT; -EINVAL: it would go back.
 */
int sectun_sa_set(struct sectun *handle, const struct sectun_sa *sa);

/**
 * sectun_sa_del - removes an SA
 * @handle: the connection
 * @sa: needs ifindex, dir and spi; tunnel and proto narrow it
 *
 * Return: 0; -ENOENT; -EPERM.
 */
int sectun_sa_del(struct sectun *handle, const struct sectun_sa *sa);

/**
 * sectun_sa_get - asks for one SA
 * @handle: the connection
 * @key: needs ifindex, dir and spi; tunnel and proto narrow it
 * @sa: is filled in, and may be @key; the caller releases it with sectun_sa_uninit()
 *
 * Return: 0; -ENOENT; -EPERM.
 */
int sectun_sa_get(struct sectun *handle, const struct sectun_sa *key, struct sectun_sa *sa);

/**
 * sectun_sa_list - asks for all SAs
 * @handle: the connection
 * @ifindex: of this device; 0: of every device of the namespace
 * @list: is set to an array; the caller releases it with sectun_sa_list_free()
 * @count: is set to its length
 *
 * Return: as sectun_device_list(); -ENODEV.
 */
int sectun_sa_list(struct sectun *handle, uint32_t ifindex, struct sectun_sa **list, size_t *count);

void sectun_sa_uninit(struct sectun_sa *sa);
void sectun_sa_list_free(struct sectun_sa *list, size_t count);

/**
 * sectun_spi_alloc - reserves a free SPI for a receive SA
 * @handle: the connection
 * @request: needs ifindex and tunnel; proto, spi_min, spi_max and larval_timeout are used if
 *       present
 * @spi: is set to the SPI
 *
 * Return: 0; -ENOSPC: none is free in the range; -ENOENT; -EPERM.
 */
int sectun_spi_alloc(struct sectun *handle, const struct sectun_sa *request, uint32_t *spi);

/**
 * sectun_rekey - installs a receive SA, switches transmission and retires the older receive SAs, in
 * one step
 * @handle: the connection
 * @rekey: needs ifindex, tunnel, in and out
 *
 * Return: 0, or what sectun_sa_new() returns: then nothing was changed.
 */
int sectun_rekey(struct sectun *handle, const struct sectun_rekey *rekey);

/**
 * sectun_flush - removes all SAs of a tunnel or of a device
 * @handle: the connection
 * @ifindex: interface index of the device
 * @tunnel: its name, or NULL: every tunnel of the device
 *
 * Return: 0; -ENOENT; -ENODEV; -EPERM.
 */
int sectun_flush(struct sectun *handle, uint32_t ifindex, const char *tunnel);

/**
 * sectun_alg_list - asks for the algorithm table
 * @handle: the connection
 * @list: is set to an array; the caller releases it with sectun_alg_list_free()
 * @count: is set to its length
 *
 * Return: as sectun_device_list().
 */
int sectun_alg_list(struct sectun *handle, struct sectun_alg **list, size_t *count);

/**
 * sectun_alg_table - asks for the algorithm table without the drivers
 * @handle: the connection
 * @list: is set to an array; the caller releases it with sectun_alg_list_free()
 * @count: is set to its length
 *
 * Where sectun_alg_list() makes the kernel load what it has of all the algorithms, this answers at
 * once.
 *
 * Return: as sectun_device_list().
 */
int sectun_alg_table(struct sectun *handle, struct sectun_alg **list, size_t *count);

void sectun_alg_list_free(struct sectun_alg *list, size_t count);

/**
 * sectun_events_open - starts to listen
 * @handle: the connection; requests and events do not disturb each other
 *
 * Return: a descriptor to poll(2) for reading, which belongs to the connection; or a negative
 * errno.
 */
int sectun_events_open(struct sectun *handle);

/**
 * sectun_events_dispatch - calls back for every event that has arrived; does not wait
 * @handle: the connection, after sectun_events_open()
 * @callback: what to call; the event is valid during the call; may make requests on @handle;
 *       anything but 0 ends the dispatch
 * @arg: passed to it
 *
 * Return: 0; what @callback returned; -ENOBUFS: events came faster than they were read and some are
 * lost: ask for the state again, then go on; another errno.
 */
int sectun_events_dispatch(struct sectun *handle,
			   int (*callback)(const struct sectun_event *event, void *arg), void *arg);

/**
 * sectun_event_name - the name of an event, such as "acquire"
 * @command: its command, such as SECTUN_CMD_ACQUIRE_NTF
 *
 * Return: the name, or "?" for an event that this library does not know.
 */
const char *sectun_event_name(unsigned int command);

#ifdef __cplusplus
}
#endif

#endif
