/* SPDX-License-Identifier: MIT */
/* An IKE SA: its keys, its two ends, its window, and what it is going to do. */
#ifndef IKE_IKE_SA_H
#define IKE_IKE_SA_H

#include "collision.h"
#include "core.h"
#include "id.h"
#include "keymat.h"
#include "proposal.h"
#include "sk.h"
#include "window.h"

/** enum ike_state - how far an IKE SA has come */
enum ike_state {
	/** we are the initiator: IKE_SA_INIT is under way */
	IKE_STATE_STARTING,
	/** we are the initiator: IKE_AUTH is under way */
	IKE_STATE_AUTHENTICATING,
	/** we are the responder, and the peer has not proved who it is */
	IKE_STATE_HALF_OPEN,
	/** it will replace another one: CREATE_CHILD_SA is under way, or two such are compared */
	IKE_STATE_RIVAL,
	IKE_STATE_UP,
	/** another one has replaced it: the peer is going to delete it */
	IKE_STATE_REPLACED,
	/** we are deleting it */
	IKE_STATE_CLOSING,
	/** it is over, but for answering the last request again */
	IKE_STATE_GONE,
	/** to be swept */
	IKE_STATE_DEAD,
};

/** enum ike_task_kind - a request of ours */
enum ike_task_kind {
	IKE_TASK_CHILD_NEW,
	IKE_TASK_CHILD_REKEY,
	IKE_TASK_CHILD_DELETE,
	IKE_TASK_IKE_REKEY,
	IKE_TASK_IKE_DELETE,
	IKE_TASK_LIVENESS,
};

/** IKE_GONE_MAX - SPIs that are remembered while a child is being made */
#define IKE_GONE_MAX 4

/**
 * struct ike_task - an exchange that we begin
 * @next: the one after it
 * @kind: which
 * @conf: CHILD_NEW: what is to be made
 * @child: CHILD_REKEY, CHILD_DELETE: which child; NULL once it is gone
 * @not_before: time before which it is not begun
 * @tries: times it has been begun
 * @notify: IKE_DELETE: error notification that goes instead of Delete; 0: none
 * @sent: its request is under way
 * @group: group of the key exchange, if not the first of the proposals; 0: that
 * @nonce: our nonce
 * @dh: our key pair, NULL: no key exchange
 * @made: child that it makes
 * @made_sa: IKE SA that it makes
 * @rival: CHILD_REKEY: child that the peer made of the same one at the same time
 * @rival_low: lower nonce of that exchange, which is remembered when the child is long gone
 * @rival_sa: IKE_REKEY: likewise
 * @gone: CHILD_NEW, CHILD_REKEY: SPIs that the peer deleted and nobody here knows: what is being
 *	made may be among them, since its response can come after its deletion
 * @gone_count: number of them
 */
struct ike_task {
	struct ike_task *next;
	enum ike_task_kind kind;
	const struct ike_child_conf *conf;
	struct ike_child *child;
	uint64_t not_before;
	uint32_t tries;
	uint16_t notify;
	bool sent;
	uint16_t group;
	struct ike_nonce nonce;
	struct ike_dh *dh;
	struct ike_child *made;
	struct ike_sa *made_sa;
	struct ike_child *rival;
	struct ike_nonce rival_low;
	struct ike_sa *rival_sa;
	uint32_t gone[IKE_GONE_MAX];
	size_t gone_count;
};

/** IKE_HASHES_MAX - hash algorithms of a peer that are remembered */
#define IKE_HASHES_MAX 8
/** IKE_CERTREQ_X509 - encoding in CERTREQ: hashes of public keys of authorities */
#define IKE_CERTREQ_X509 4
/** IKE_CERTREQ_MAX - octets of a peer's CERTREQ that are remembered */
#define IKE_CERTREQ_MAX 320

/**
 * struct ike_init - what has to be known until both ends have proved who they are
 * @ni: the initiator's nonce
 * @nr: the responder's
 * @ours: our IKE_SA_INIT message
 * @ours_len: octets of it
 * @theirs: theirs
 * @theirs_len: octets of it
 * @dh: initiator: our key pair
 * @cookie: initiator: cookie to bring
 * @cookie_len: octets of it
 * @restarts: initiator: times it was told to begin again
 * @hashes: the peer's SIGNATURE_HASH_ALGORITHMS
 * @hash_count: number of them
 * @certreq: the peer's CERTREQ
 * @certreq_len: octets of it
 * @method: our AUTH method
 * @auth: our AUTH data, when the key process has made it
 * @auth_len: octets of it
 * @certs: our certificates, each after its encoding and its length in two octets
 * @certs_len: octets of it
 * @conf: initiator: child of the IKE_AUTH exchange; NULL: none
 * @child: child that is being made
 * @refusal: responder: notification instead of a child; 0: none
 * @childless: the peer knows RFC 6023
 */
struct ike_init {
	struct ike_nonce ni;
	struct ike_nonce nr;
	uint8_t *ours;
	size_t ours_len;
	uint8_t *theirs;
	size_t theirs_len;
	struct ike_dh *dh;
	uint8_t cookie[IKE_COOKIE_MAX];
	size_t cookie_len;
	uint32_t restarts;
	uint16_t hashes[IKE_HASHES_MAX];
	size_t hash_count;
	uint8_t certreq[IKE_CERTREQ_MAX];
	size_t certreq_len;
	uint8_t method;
	uint8_t *auth;
	size_t auth_len;
	uint8_t *certs;
	size_t certs_len;
	const struct ike_child_conf *conf;
	struct ike_child *child;
	uint16_t refusal;
	bool childless;
};

/**
 * struct ike_inbound - the payloads of a message that is being worked on
 * @text: the octets
 * @len: number of them
 * @exchange: enum ike_exchange
 * @message_id: its id
 * @chain: the payloads, which point into @text
 */
struct ike_inbound {
	uint8_t *text;
	size_t len;
	uint8_t exchange;
	uint32_t message_id;
	struct ike_chain chain;
};

/**
 * struct ike_sa - an IKE SA
 * @next: in the engine's list
 * @same_bucket: in the list of its bucket
 * @next_touched: in the engine's list of those that an event was about
 * @touched: it is in that list
 * @next_of_peer: in the list of its peer
 * @peer: its peer; NULL: not known yet, or not configured any more
 * @state: how far it has come
 * @since: when it came there
 * @born: when it was begun
 * @initiator: we are its original initiator (RFC 7296 section 2.2): of its own exchange after a
 *	rekey
 * @spi_local: our SPI
 * @spi_remote: the peer's; 0: not known yet
 * @path: where its messages go
 * @nat_local: there is a NAT before us
 * @nat_remote: there is one before the peer
 * @encap: ESP goes in UDP
 * @fragments: both ends know RFC 7383
 * @suite: what was agreed
 * @keys: its keys
 * @seal: what protects what we send
 * @remote_id: who the peer has proved to be
 * @low: lower nonce of the exchange that made it
 * @window: message ids
 * @asked: the peer's request that is being answered
 * @told: the response that is being worked on
 * @answer: child that is being made for the peer's request
 * @wanted_group: group that a peer is told to use instead of its own
 * @parts: fragments of the message that is arriving, requests and responses
 * @init: what has to be known until it is up; NULL afterwards
 * @task: exchange of ours that is under way
 * @tasks: those that wait
 * @children: its children
 * @rekey_at: time to rekey it
 * @expire_at: time at which it ends: half open, replaced, or at the end of its life
 * @heard_at: when the peer was heard last
 * @look_at: when it is to be seen whether the peer lives
 * @looks: questions to the kernel about that, which it has not answered
 * @rx_idle: what it has answered: seconds since a child heard something; UINT64_MAX: never
 * @tx_idle: likewise, since one sent something
 * @disowned: somebody says that the peer does not know it
 * @doubtful: the peer may not know it any more
 */
struct ike_sa {
	struct ike_sa *next;
	struct ike_sa *same_bucket;
	struct ike_sa *next_touched;
	bool touched;
	struct ike_sa *next_of_peer;
	struct ike_peer *peer;
	enum ike_state state;
	uint64_t since;
	uint64_t born;
	bool initiator;
	uint64_t spi_local;
	uint64_t spi_remote;
	struct ike_path path;
	bool nat_local;
	bool nat_remote;
	bool encap;
	bool fragments;
	struct ike_suite suite;
	struct ike_keys keys;
	struct ike_seal seal;
	struct ike_id *remote_id;
	struct ike_nonce low;
	struct ike_window window;
	struct ike_inbound *asked;
	struct ike_inbound *told;
	struct ike_child *answer;
	uint16_t wanted_group;
	struct ike_reassembly *parts[2];
	struct ike_init *init;
	struct ike_task *task;
	struct ike_task *tasks;
	struct ike_child *children;
	uint64_t rekey_at;
	uint64_t expire_at;
	uint64_t heard_at;
	uint64_t look_at;
	uint32_t looks;
	uint64_t rx_idle;
	uint64_t tx_idle;
	bool disowned;
	bool doubtful;
};

/* ike_sa.c: its life */

/**
 * ike_sa_new - makes an IKE SA with an SPI of its own
 * @engine: the engine
 * @peer: its peer, or NULL
 * @path: where its messages go
 * @initiator: we are its initiator
 * @state: its first state
 *
 * Return: the IKE SA; NULL: no memory, or too many.
 */
struct ike_sa *ike_sa_new(struct ike_engine *engine, struct ike_peer *peer,
			  const struct ike_path *path, bool initiator, enum ike_state state);

/** ike_sa_set_peer - whose it is; NULL: nobody's any more */
void ike_sa_set_peer(struct ike_sa *sa, struct ike_peer *peer);

/** ike_sa_find - the IKE SA of our SPI, or NULL */
struct ike_sa *ike_sa_find(struct ike_engine *engine, uint64_t spi_local);

/** ike_sa_touch - the event is about an IKE SA: see what it has to do next, and its peer */
void ike_sa_touch(struct ike_engine *engine, struct ike_sa *sa);

/** ike_sa_set_state - how far it has come now */
void ike_sa_set_state(struct ike_engine *engine, struct ike_sa *sa, enum ike_state state);

/** ike_sa_established - it is up: timers begin, what is over with IKE_AUTH is forgotten */
void ike_sa_established(struct ike_engine *engine, struct ike_sa *sa);

/**
 * ike_sa_close - it is over on this side: children, tasks and timers go
 * @engine: the engine
 * @sa: the IKE SA
 * @linger: its last response can still be sent again
 */
void ike_sa_close(struct ike_engine *engine, struct ike_sa *sa, bool linger);

/** ike_sa_close_children - every child is over, with its IKE SA */
void ike_sa_close_children(struct ike_engine *engine, struct ike_sa *sa, const char *why);

/** ike_sa_sweep - releases every IKE SA and child that is dead */
void ike_sa_sweep(struct ike_engine *engine);

/** ike_sa_free - releases an IKE SA, without telling anybody */
void ike_sa_free(struct ike_sa *sa);

/** ike_sa_init_free - forgets what had to be known until it was up */
void ike_sa_init_free(struct ike_sa *sa);

/** ike_sa_keyed - @sa->keys are there: from now on it can protect what it sends */
void ike_sa_keyed(struct ike_engine *engine, struct ike_sa *sa);

/** ike_sa_alive - it is used, or will be if all goes well */
bool ike_sa_alive(const struct ike_sa *sa);

/**
 * ike_sa_adopt - children and tasks of an IKE SA go to the one that replaces it
 * @engine: the engine
 * @sa: the old one
 * @heir: the new one; it is up from now on
 */
void ike_sa_adopt(struct ike_engine *engine, struct ike_sa *sa, struct ike_sa *heir);

/** ike_sa_tick - time has passed for an IKE SA */
void ike_sa_tick(struct ike_engine *engine, struct ike_sa *sa);

/** ike_sa_deadline - when ike_sa_tick() is wanted */
uint64_t ike_sa_deadline(const struct ike_engine *engine, const struct ike_sa *sa);

/** ike_sa_moved - messages come from another endpoint now (RFC 7296 section 2.23) */
void ike_sa_moved(struct ike_engine *engine, struct ike_sa *sa, const struct ike_path *path);

/* liveness.c: whether the other end lives */

/** ike_liveness_heard - an authentic message of the peer has come */
void ike_liveness_heard(struct ike_engine *engine, struct ike_sa *sa);

/** ike_liveness_at - when ike_liveness_look() is wanted */
uint64_t ike_liveness_at(const struct ike_sa *sa);

/** ike_liveness_look - sees whether the peer is heard, and asks it if that is not so */
void ike_liveness_look(struct ike_engine *engine, struct ike_sa *sa);

/** ike_liveness_unanswered - a request has been sent again */
void ike_liveness_unanswered(struct ike_engine *engine, struct ike_sa *sa);

/** ike_liveness_told - a message has come that may say that the peer has forgotten the IKE SA */
void ike_liveness_told(struct ike_engine *engine, struct ike_sa *sa, const struct ike_path *path,
		       const struct ike_view *view);

/** ike_liveness_unknown - a message has come for an IKE SA that nobody here knows */
void ike_liveness_unknown(struct ike_engine *engine, const struct ike_path *path,
			  const struct ike_view *view);

/* task.c: what it is going to do */

/** ike_task_add - puts an exchange into the queue; returns it, or NULL if there is no memory */
struct ike_task *ike_task_add(struct ike_engine *engine, struct ike_sa *sa, enum ike_task_kind kind,
			      struct ike_child *child);

/** ike_task_find - whether an exchange about a child is in the queue or under way */
struct ike_task *ike_task_find(const struct ike_sa *sa, enum ike_task_kind kind,
			       const struct ike_child *child);

/** ike_task_making - whether a child is being made that the peer may know already, and we do not */
bool ike_task_making(const struct ike_sa *sa);

/** ike_task_next - begins the next exchange if none is under way */
void ike_task_next(struct ike_engine *engine, struct ike_sa *sa);

/** ike_task_done - the exchange that was under way is over */
void ike_task_done(struct ike_engine *engine, struct ike_sa *sa);

/** ike_task_again - the exchange that was under way failed, and is begun again after @delay ms */
void ike_task_again(struct ike_engine *engine, struct ike_sa *sa, uint64_t delay);

/** ike_task_forget - a child is gone: what waits and is about it goes, pointers are cleared */
void ike_task_forget(struct ike_sa *sa, const struct ike_child *child);

/** ike_task_free - releases an exchange */
void ike_task_free(struct ike_task *task);

/* message.c: how it talks */

/**
 * ike_message_header - the header of a message
 * @sa: the IKE SA
 * @exchange: enum ike_exchange
 * @response: it is a response
 */
struct ike_header ike_message_header(const struct ike_sa *sa, uint8_t exchange, bool response);

/**
 * ike_message_ask - sends a request
 * @engine: the engine
 * @sa: the IKE SA, whose window is free
 * @exchange: enum ike_exchange
 * @writer: its payloads, in @engine->build
 *
 * Return: 0, or a negative errno: then nothing was sent.
 */
int ike_message_ask(struct ike_engine *engine, struct ike_sa *sa, uint8_t exchange,
		    struct ike_writer *writer);

/** ike_message_answer - answers the peer's request; otherwise as ike_message_ask() */
int ike_message_answer(struct ike_engine *engine, struct ike_sa *sa, uint8_t exchange,
		       struct ike_writer *writer);

/** ike_message_refuse - answers the peer's request with one notification */
void ike_message_refuse(struct ike_engine *engine, struct ike_sa *sa, uint16_t notify,
			const void *data, size_t len);

/** ike_message_resend - sends a message again */
void ike_message_resend(struct ike_engine *engine, struct ike_sa *sa,
			const struct ike_flight *flight);

/**
 * ike_message_receive - a protected message for an IKE SA has come
 * @engine: the engine
 * @sa: the IKE SA
 * @path: where from and where to
 * @view: the message
 */
void ike_message_receive(struct ike_engine *engine, struct ike_sa *sa, const struct ike_path *path,
			 const struct ike_view *view);

void ike_inbound_free(struct ike_inbound **inbound);

/* exchange_init.c */

/** ike_init_certreq - remembers which authorities the peer accepts */
void ike_init_certreq(struct ike_init *init, const struct ike_chain *chain);
/** ike_init_start - begins IKE_SA_INIT with a peer, for a child (or NULL); returns the IKE SA */
struct ike_sa *ike_init_start(struct ike_engine *engine, struct ike_peer *peer,
			      const struct ike_child_conf *conf);
/** ike_init_refuse_version - a stranger speaks a later version (RFC 7296 section 2.5) */
void ike_init_refuse_version(struct ike_engine *engine, const struct ike_path *path,
			     const struct ike_view *view);
/** ike_init_request - a stranger begins */
void ike_init_request(struct ike_engine *engine, const struct ike_path *path,
		      const struct ike_view *view);
/** ike_init_response - the answer to our IKE_SA_INIT */
void ike_init_response(struct ike_engine *engine, struct ike_sa *sa, const struct ike_path *path,
		       const struct ike_view *view);

/* exchange_auth.c */

/** ike_auth_start - begins IKE_AUTH */
void ike_auth_start(struct ike_engine *engine, struct ike_sa *sa);
/** ike_auth_request - the peer says who it is; @sa->asked */
void ike_auth_request(struct ike_engine *engine, struct ike_sa *sa);
/** ike_auth_response - the peer answers; @sa->told */
void ike_auth_response(struct ike_engine *engine, struct ike_sa *sa);

/* exchange_create.c */

/** ike_create_start - begins the CREATE_CHILD_SA of @sa->task */
void ike_create_start(struct ike_engine *engine, struct ike_sa *sa);
/** ike_create_request - the peer wants a child, or an IKE SA instead of this one; @sa->asked */
void ike_create_request(struct ike_engine *engine, struct ike_sa *sa);
/** ike_create_response - the answer to ours; @sa->told */
void ike_create_response(struct ike_engine *engine, struct ike_sa *sa);

/* exchange_rekey.c: CREATE_CHILD_SA for an IKE SA */

void ike_rekey_start(struct ike_engine *engine, struct ike_sa *sa);
void ike_rekey_request(struct ike_engine *engine, struct ike_sa *sa);
void ike_rekey_response(struct ike_engine *engine, struct ike_sa *sa);
/** ike_rekey_rival_used - the peer uses an IKE SA that was to be compared: it has won */
void ike_rekey_rival_used(struct ike_engine *engine, struct ike_sa *rival);

/* exchange_info.c */

/** ike_info_start - begins the INFORMATIONAL of @sa->task */
void ike_info_start(struct ike_engine *engine, struct ike_sa *sa);
/** ike_info_request - the peer deletes, tells, or asks whether we live; @sa->asked */
void ike_info_request(struct ike_engine *engine, struct ike_sa *sa);
/** ike_info_response - the answer to ours; @sa->told */
void ike_info_response(struct ike_engine *engine, struct ike_sa *sa);

#endif
