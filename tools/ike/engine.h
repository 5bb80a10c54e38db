/* SPDX-License-Identifier: MIT */
/*
 * The core of IKEv2: what decides, without input or output.
 *
 * An engine is every IKE SA of this host. It is driven by events (a packet came, time passed, a
 * command was given, the kernel or the key process answered) and acts through struct ike_ops. It
 * opens no socket, reads no clock and no file, knows no pre-shared or private key, and never waits:
 * what takes time is a request that is answered later by ike_engine_kernel_reply() or
 * ike_engine_key_reply(). Two engines therefore run in one process, over a simulated network.
 *
 * Nothing here is called back into: ops do not call the engine. An answer to a request may be given
 * any time after the op has returned.
 *
 * Time is milliseconds of a clock that never steps back. Ports and SPIs are in host order, except
 * that IKE SPIs are eight octets as they travel.
 */
#ifndef IKE_ENGINE_H
#define IKE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "endpoint.h"

struct ike_engine;
struct ike_id;
struct ike_proposal_list;
struct ike_record;
struct ike_ts;
struct json_object;

/** IKE_NAME_SIZE - octets of the longest peer or tunnel name, its NUL included: SECTUN_NAME_SIZE */
#define IKE_NAME_SIZE 32
/** IKE_PACKET_MAX - octets of the largest UDP payload that is looked at */
#define IKE_PACKET_MAX 65507
/** IKE_CERT_MAX - certificates in one IKE_AUTH message, at most */
#define IKE_CERT_MAX 8

/*
 * Configuration. The engine keeps pointers to what it is given and copies nothing; see
 * ike_engine_peer_set() for how long it has to stay.
 */

/** enum ike_auth_kind - how an end proves who it is; bits of a set */
enum ike_auth_kind {
	IKE_AUTH_PSK = 1 << 0,
	IKE_AUTH_CERT = 1 << 1,
};

/** enum ike_start - when a child is brought up by itself */
enum ike_start {
	/** by command, or by the peer */
	IKE_START_NONE,
	/** when a packet waits for it */
	IKE_START_ON_TRAFFIC,
	/** at once, and again whenever it is gone */
	IKE_START_ALWAYS,
};

/** enum ike_mode - what a child protects (RFC 7296 section 1.3.1, USE_TRANSPORT_MODE) */
enum ike_mode {
	IKE_MODE_TUNNEL,
	IKE_MODE_TRANSPORT,
};

/**
 * struct ike_child_conf - one tunnel of a peer
 * @name: name of the tunnel, unique among all peers
 * @dev: name of the sectun device
 * @mode: tunnel or transport; a peer that refuses transport gets tunnel mode
 * @start: when it is brought up
 * @local_ts: networks behind this end, in order of preference
 * @local_ts_count: number of them, from 1
 * @remote_ts: networks behind the peer
 * @remote_ts_count: number of them, from 1
 * @esp: proposals for ESP; key exchange groups in them are for PFS: the child of IKE_AUTH has none
 * @rekey_seconds: age at which it is rekeyed, less a random tenth; 0: never
 * @life_seconds: age at which it is deleted; 0: never
 * @rekey_bytes: octets after which it is rekeyed; 0: never. The kernel counts
 * @life_bytes: octets after which it carries nothing more; 0: never
 * @user: for the caller
 */
struct ike_child_conf {
	const char *name;
	const char *dev;
	enum ike_mode mode;
	enum ike_start start;
	const struct ike_ts *local_ts;
	size_t local_ts_count;
	const struct ike_ts *remote_ts;
	size_t remote_ts_count;
	const struct ike_proposal_list *esp;
	uint32_t rekey_seconds;
	uint32_t life_seconds;
	uint64_t rekey_bytes;
	uint64_t life_bytes;
	const void *user;
};

/**
 * struct ike_peer_conf - another host
 * @name: name of the peer, unique
 * @local: this end: address, or any; port 0: 500
 * @remote: the peer: address, or any (then it has to begin); port 0: 500
 * @local_id: who we are
 * @remote_id: who the peer has to be; NULL: whoever @local_auth and the key process accept
 * @local_auth: one of enum ike_auth_kind: how we prove it
 * @remote_auth: set of enum ike_auth_kind: how the peer may prove it
 * @certreq: what to ask for in CERTREQ: SHA-1 hashes of the public keys of acceptable authorities,
 *	20 octets each (RFC 7296 section 3.7)
 * @certreq_len: octets of it; 0: nothing is asked for
 * @ike: proposals for the IKE SA
 * @rekey_seconds: age at which the IKE SA is rekeyed, less a random tenth; 0: never
 * @life_seconds: age at which it is deleted; 0: never
 * @liveness_seconds: silence after which the peer is asked whether it lives, sooner while something
 *	is sent; 0: never
 * @retry_seconds: pause before a child that should be up is tried again; 0: 5
 * @retransmit_ms: first retransmission of a request; doubles each time; 0: 1000
 * @retransmit_tries: times a request is sent before the peer is given up; 0: 7
 * @fragment_size: octets of the largest IP packet of a fragmented message (RFC 7383); 0: 1280
 * @fragmentation: IKE fragmentation is offered and accepted
 * @force_encap: UDP encapsulation although there is no NAT
 * @initial_contact: an authenticated INITIAL_CONTACT removes older IKE SAs of the peer
 * @unique: a new IKE SA of the same identity replaces the one before it
 * @children: its tunnels
 * @child_count: number of them; 0: only an IKE SA (RFC 6023)
 * @user: for the caller
 */
struct ike_peer_conf {
	const char *name;
	struct ike_endpoint local;
	struct ike_endpoint remote;
	const struct ike_id *local_id;
	const struct ike_id *remote_id;
	unsigned int local_auth;
	unsigned int remote_auth;
	const uint8_t *certreq;
	size_t certreq_len;
	const struct ike_proposal_list *ike;
	uint32_t rekey_seconds;
	uint32_t life_seconds;
	uint32_t liveness_seconds;
	uint32_t retry_seconds;
	uint32_t retransmit_ms;
	uint32_t retransmit_tries;
	uint16_t fragment_size;
	bool fragmentation;
	bool force_encap;
	bool initial_contact;
	bool unique;
	const struct ike_child_conf *children;
	size_t child_count;
	const void *user;
};

/**
 * struct ike_limits - what strangers may cost (RFC 7296 section 2.6)
 * @half_open_cookie: half-open IKE SAs from which on a cookie is asked for; 0: always
 * @half_open_max: half-open IKE SAs at most; more are not answered
 * @half_open_address: half-open IKE SAs of one address at most
 * @half_open_seconds: time for a peer to authenticate
 * @ike_max: IKE SAs in all, at most
 */
struct ike_limits {
	uint32_t half_open_cookie;
	uint32_t half_open_max;
	uint32_t half_open_address;
	uint32_t half_open_seconds;
	uint32_t ike_max;
};

/** ike_limits_default - what stands where the configuration says nothing */
extern const struct ike_limits ike_limits_default;

/*
 * Requests to the kernel, by way of the parent process. Every request but SPI_FREE is answered by
 * exactly one ike_engine_kernel_reply(); requests are carried out in the order in which they were
 * made.
 */

/** enum ike_kernel_verb - what the kernel is to do */
enum ike_kernel_verb {
	/** reserve a receive SPI: sectun_spi_alloc(); the tunnel is made if need be */
	IKE_KERNEL_SPI_ALLOC,
	/** give a reserved SPI back: not answered */
	IKE_KERNEL_SPI_FREE,
	/**
	 * install @in, if its SPI is not 0, and @out, if its SPI is not 0; both: in one step, with
	 * sectun_rekey(). The tunnel gets the endpoints, encapsulation, mode and selectors of the
	 * request first. Older receive SAs stay until REMOVE. A new transmit SA replaces the old.
	 */
	IKE_KERNEL_INSTALL,
	/** remove @in and @out by their SPIs; an SPI that is not there (any more) is no error */
	IKE_KERNEL_REMOVE,
	/** the tunnel's endpoints and encapsulation change: sectun_tunnel_set() */
	IKE_KERNEL_MOVE,
	/** tell how long @in and, if its SPI is not 0, @out have had no packet */
	IKE_KERNEL_QUERY,
};

/**
 * struct ike_kernel_sa - one direction of a child
 * @spi: its SPI; 0: this direction is not part of the request
 * @key: INSTALL: KEYMAT, encryption key (with its salt) and then integrity key
 * @key_len: octets of it
 */
struct ike_kernel_sa {
	uint32_t spi;
	const uint8_t *key;
	size_t key_len;
};

/**
 * struct ike_kernel_request - what the kernel is to do
 * @id: number by which it is answered
 * @verb: what to do
 * @peer: the peer's configuration
 * @child: the child's configuration
 * @tunnel: name of the tunnel in @child->dev: @child->name, or with "-N" after it where one
 *	configuration serves several hosts at a time
 * @path: outer endpoints; ports mean something with @encap
 * @encap: ESP in UDP
 * @mode: INSTALL: negotiated mode
 * @alg: INSTALL: keyword of the algorithms, as sectun knows it, such as aes256gcm16
 * @esn: INSTALL: extended sequence numbers
 * @local_ts: INSTALL: negotiated selectors of this end
 * @local_ts_count: number of them
 * @remote_ts: INSTALL: those of the peer
 * @remote_ts_count: number of them
 * @in: receive SA
 * @out: transmit SA
 *
 * All of it, and what it points to, is valid during the call only. Keys are wiped by everybody who
 * copied them.
 */
struct ike_kernel_request {
	uint32_t id;
	enum ike_kernel_verb verb;
	const struct ike_peer_conf *peer;
	const struct ike_child_conf *child;
	const char *tunnel;
	struct ike_path path;
	bool encap;
	enum ike_mode mode;
	const char *alg;
	bool esn;
	const struct ike_ts *local_ts;
	size_t local_ts_count;
	const struct ike_ts *remote_ts;
	size_t remote_ts_count;
	struct ike_kernel_sa in;
	struct ike_kernel_sa out;
};

/**
 * struct ike_kernel_reply - what came of it
 * @error: 0 or a negative errno
 * @message: why, in the kernel's words; NULL if there is nothing to say
 * @spi: SPI_ALLOC: the SPI
 * @rx_idle: QUERY: seconds since @in received something; UINT64_MAX: never
 * @tx_idle: QUERY: seconds since @out sent something; UINT64_MAX: never
 */
struct ike_kernel_reply {
	int error;
	const char *message;
	uint32_t spi;
	uint64_t rx_idle;
	uint64_t tx_idle;
};

/** enum ike_kernel_event_kind - what the kernel reports by itself */
enum ike_kernel_event_kind {
	/** a packet waits in a tunnel that has no transmit SA; @tunnel */
	IKE_KERNEL_ACQUIRE,
	/** an SA reached its soft limit, or with @hard its last; @tunnel, @spi, @inbound */
	IKE_KERNEL_EXPIRE,
	/** the peer uses a receive SA for the first time; @tunnel, @spi */
	IKE_KERNEL_FIRST_RECEIVE,
	/** authenticated ESP in UDP came from another endpoint; @tunnel, @endpoint */
	IKE_KERNEL_ENDPOINT,
	/** an SA is gone that the engine did not remove; @tunnel, @spi, @inbound */
	IKE_KERNEL_GONE,
};

/**
 * struct ike_kernel_event - something that happened in the kernel
 * @kind: what
 * @tunnel: name of the tunnel
 * @spi: the SA
 * @inbound: it is a receive SA
 * @hard: EXPIRE: it carries nothing more
 * @endpoint: ENDPOINT: where the packet came from
 */
struct ike_kernel_event {
	enum ike_kernel_event_kind kind;
	const char *tunnel;
	uint32_t spi;
	bool inbound;
	bool hard;
	struct ike_endpoint endpoint;
};

/*
 * Requests to the key process. Each is answered by exactly one ike_engine_key_reply().
 */

/** enum ike_key_verb - what the key process is to do */
enum ike_key_verb {
	/** make our AUTH payload, and the CERT payloads that go with it */
	IKE_KEY_SIGN,
	/** is the peer who it says it is: AUTH payload, certificates, identity, revocation */
	IKE_KEY_VERIFY,
};

/**
 * struct ike_cert_blob - a CERT payload's content (RFC 7296 section 3.6)
 * @encoding: certificate encoding: 4 (X.509 certificate - signature), 7 (CRL)
 * @data: what follows it
 * @len: octets of that
 */
struct ike_cert_blob {
	uint8_t encoding;
	const uint8_t *data;
	size_t len;
};

/**
 * struct ike_key_request - what the key process is to do
 * @id: number by which it is answered
 * @verb: what to do
 * @peer: the peer's configuration
 * @prf: IANA transform ID of the negotiated PRF; for a pre-shared key
 * @octets: what is signed: RealMessage | Nonce | prf(SK_p, ID') (RFC 7296 section 2.15)
 * @octets_len: octets of it
 * @hashes: SIGN: IANA numbers of hashes for signatures that the peer accepts (RFC 7427 section 4)
 * @hash_count: number of them; 0: the peer knows RSA with SHA-1 and the ECDSA methods 9 to 11 only
 * @certreq: SIGN: authorities that the peer accepts: 20 octets each
 * @certreq_len: octets of it
 * @method: VERIFY: AUTH method: 1 (RSA), 2 (shared key), 9 to 11 (ECDSA), 14 (signature)
 * @auth: VERIFY: authentication data
 * @auth_len: octets of it
 * @id_type: VERIFY: type of the peer's identity (RFC 7296 section 3.5)
 * @id_data: VERIFY: the identity, which has been compared with the configuration already; it also
 *	has to be one of the certificate
 * @id_len: octets of it
 * @certs: VERIFY: the peer's certificates and CRLs, its own certificate first
 * @cert_count: number of them
 *
 * Everything that came from the peer (@auth, @id_data, @certs, @certreq) is hostile. All of it is
 * valid during the call only.
 */
struct ike_key_request {
	uint32_t id;
	enum ike_key_verb verb;
	const struct ike_peer_conf *peer;
	uint16_t prf;
	const uint8_t *octets;
	size_t octets_len;
	const uint16_t *hashes;
	size_t hash_count;
	const uint8_t *certreq;
	size_t certreq_len;
	uint8_t method;
	const uint8_t *auth;
	size_t auth_len;
	uint8_t id_type;
	const uint8_t *id_data;
	size_t id_len;
	struct ike_cert_blob certs[IKE_CERT_MAX];
	size_t cert_count;
};

/**
 * struct ike_key_reply - what came of it
 * @error: 0; -EACCES: the peer is not who it says, or its method is not accepted; another negative
 *	errno: our own trouble, such as a key file that is not there
 * @fault: word for what failed, such as wrong-psk, signature, no-ca, expired, not-yet-valid,
 *	revoked, identity, method; goes to the record; "" if nothing
 * @text: sentence about it for the operator; may name files and certificates of ours
 * @method: SIGN: AUTH method
 * @auth: SIGN: authentication data
 * @auth_len: octets of it
 * @certs: SIGN: what to send in CERT payloads, our own certificate first
 * @cert_count: number of them
 *
 * Valid during the call only.
 */
struct ike_key_reply {
	int error;
	const char *fault;
	const char *text;
	uint8_t method;
	const uint8_t *auth;
	size_t auth_len;
	struct ike_cert_blob certs[IKE_CERT_MAX];
	size_t cert_count;
};

/*
 * What the engine tells: one event is one line of log, complete.
 */

/** enum ike_event_kind - what happened */
enum ike_event_kind {
	IKE_EVENT_IKE_UP,
	IKE_EVENT_IKE_REKEYED,
	IKE_EVENT_IKE_DOWN,
	IKE_EVENT_CHILD_UP,
	IKE_EVENT_CHILD_REKEYED,
	IKE_EVENT_CHILD_DOWN,
	/** the peer's endpoint changed */
	IKE_EVENT_MOVED,
	/** something was refused or failed: @record */
	IKE_EVENT_FAILED,
	/** a legacy algorithm was chosen, a peer is odd */
	IKE_EVENT_WARNING,
};

/**
 * struct ike_event - something that the operator or a control connection may want to know
 * @kind: what
 * @peer: name of the peer; NULL: a stranger
 * @child: name of the child; NULL: of the IKE SA
 * @path: where
 * @text: the rest of the line: algorithms, SPIs, selectors, why; never key material
 * @record: FAILED: the record, valid during the call; else NULL
 */
struct ike_event {
	enum ike_event_kind kind;
	const char *peer;
	const char *child;
	struct ike_path path;
	const char *text;
	const struct ike_record *record;
};

/** ike_event_name - the word for an event, such as "child-up" */
const char *ike_event_name(enum ike_event_kind kind);

/**
 * struct ike_ops - how the engine acts
 * @send: sends a UDP payload; with port 4500 at this end the caller puts the four zero octets of
 *	the non-ESP marker before it (RFC 7296 section 3.1); what cannot be sent is lost
 * @kernel: passes a request to the kernel
 * @key: passes a request to the key process
 * @event: tells what happened
 * @random: fills octets for SPIs, nonces, message padding and jitter; does not fail
 *
 * @arg is what ike_engine_new() was given. None may call the engine.
 */
struct ike_ops {
	void (*send)(void *arg, const struct ike_path *path, const uint8_t *data, size_t len);
	void (*kernel)(void *arg, const struct ike_kernel_request *request);
	void (*key)(void *arg, const struct ike_key_request *request);
	void (*event)(void *arg, const struct ike_event *event);
	void (*random)(void *arg, void *data, size_t len);
};

/**
 * ike_engine_new - makes an engine without peers
 * @ops: how it acts; has to stay
 * @arg: passed to every op
 * @limits: what strangers may cost; is copied
 * @now: the time
 *
 * Return: the engine, or NULL if there is no memory.
 */
struct ike_engine *ike_engine_new(const struct ike_ops *ops, void *arg,
				  const struct ike_limits *limits, uint64_t now);

/**
 * ike_engine_free - forgets everything, without a word to any peer or to the kernel
 * @engine: the engine, or NULL
 */
void ike_engine_free(struct ike_engine *engine);

/**
 * ike_engine_peer_set - adds a peer or changes it
 * @engine: the engine
 * @conf: its configuration; has to stay until it is replaced or removed under the same name
 * @now: the time
 *
 * Of a peer that is there, what still fits goes on: children of the same selectors, mode and device
 * stay up and follow the new lifetimes when they are rekeyed; others are deleted. Another identity,
 * authentication or address ends the IKE SAs. After the call the old configuration is not used
 * any more.
 *
 * Return: 0; -ENOMEM: then nothing has changed.
 */
int ike_engine_peer_set(struct ike_engine *engine, const struct ike_peer_conf *conf, uint64_t now);

/**
 * ike_engine_peer_del - removes a peer; its IKE SAs are deleted with one message each
 * @engine: the engine
 * @name: its name
 * @now: the time
 *
 * After the call its configuration is not used any more, except in requests of REMOVE that were
 * made during the call.
 *
 * Return: 0; -ENOENT.
 */
int ike_engine_peer_del(struct ike_engine *engine, const char *name, uint64_t now);

/**
 * ike_engine_receive - a UDP payload has come
 * @engine: the engine
 * @path: where to and where from
 * @data: the payload without a non-ESP marker; keepalives are of no interest
 * @len: octets of it
 * @now: the time
 */
void ike_engine_receive(struct ike_engine *engine, const struct ike_path *path, const uint8_t *data,
			size_t len, uint64_t now);

/**
 * ike_engine_tick - time has passed
 * @engine: the engine
 * @now: the time
 *
 * To be called when the time that ike_engine_deadline() told has come; earlier does no harm.
 */
void ike_engine_tick(struct ike_engine *engine, uint64_t now);

/**
 * ike_engine_deadline - when ike_engine_tick() is wanted
 * @engine: the engine
 *
 * Return: the time; UINT64_MAX: nothing waits. Every call into the engine may change it.
 */
uint64_t ike_engine_deadline(const struct ike_engine *engine);

/** enum ike_command - what an operator may order */
enum ike_command {
	/** bring a child up, or every child of a peer, with its IKE SA */
	IKE_COMMAND_UP,
	/** take it down and leave it down until UP, or until the peer or traffic wants it */
	IKE_COMMAND_DOWN,
	/** rekey a child */
	IKE_COMMAND_REKEY_CHILD,
	/** rekey the IKE SA */
	IKE_COMMAND_REKEY_IKE,
	/** ask the peer whether it lives */
	IKE_COMMAND_LIVENESS,
};

/**
 * ike_engine_command - an operator orders
 * @engine: the engine
 * @command: what
 * @name: name of a peer or of a child; a peer is looked for first
 * @now: the time
 *
 * It is begun, not done: events tell what comes of it.
 *
 * Return: 0; -ENOENT: no such name; -ENOTCONN: there is nothing to rekey or to ask;
 * -EDESTADDRREQ: UP of a peer whose address is not known.
 */
int ike_engine_command(struct ike_engine *engine, enum ike_command command, const char *name,
		       uint64_t now);

/**
 * ike_engine_kernel_event - something happened in the kernel
 * @engine: the engine
 * @event: what
 * @now: the time
 */
void ike_engine_kernel_event(struct ike_engine *engine, const struct ike_kernel_event *event,
			     uint64_t now);

/**
 * ike_engine_kernel_reply - the kernel's answer
 * @engine: the engine
 * @id: number of the request; one that is not waited for (any more) is taken care of
 * @reply: the answer
 * @now: the time
 */
void ike_engine_kernel_reply(struct ike_engine *engine, uint32_t id,
			     const struct ike_kernel_reply *reply, uint64_t now);

/**
 * ike_engine_key_reply - the key process's answer
 * @engine: the engine
 * @id: number of the request; one that is not waited for (any more) is ignored
 * @reply: the answer
 * @now: the time
 */
void ike_engine_key_reply(struct ike_engine *engine, uint32_t id, const struct ike_key_reply *reply,
			  uint64_t now);

/**
 * ike_engine_status - what is up, since when and with what
 * @engine: the engine
 * @name: of this peer; NULL: of all
 * @now: the time
 *
 * {"peers": [{"name", "state": "up"|"starting"|"down", "ike-sas": [{"state", "since-ms", "role", "local",
 * "remote", "spi-local", "spi-remote", "remote-id", "nat": "here"|"there"|"both", "algorithms",
 * "rekey-in-ms", "children": [{"name", "tunnel", "state", "since-ms", "spi-in", "spi-out",
 * "algorithms", "mode", "local-ts", "remote-ts", "rekey-in-ms"}]}], "last-failure"}], "half-open",
 * "cookies"}: what does not apply is absent.
 *
 * Return: a JSON object that the caller puts; NULL: no such peer, or no memory.
 */
struct json_object *ike_engine_status(struct ike_engine *engine, const char *name, uint64_t now);

/**
 * ike_engine_why - records of the last failures
 * @engine: the engine
 * @name: of this peer; NULL: of strangers
 * @now: the time
 *
 * Return: {"peer", "records": [...]}, the last first, as record.h tells; NULL: no such peer, or no
 * memory.
 */
struct json_object *ike_engine_why(struct ike_engine *engine, const char *name, uint64_t now);

#endif
