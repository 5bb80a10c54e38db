/* SPDX-License-Identifier: MIT */
/*
 * What the files of the engine share: the engine itself, its peers, and the requests that are not
 * answered yet.
 *
 * Nothing is freed while an event is worked on. What is over (an IKE SA, a child) is marked dead and
 * swept when the event has been dealt with, so that a pointer is good as long as the event lasts.
 * Between events only the lists hold pointers, and the sweep clears every one of them.
 */
#ifndef IKE_CORE_H
#define IKE_CORE_H

#include "cookie.h"
#include "crypt.h"
#include "engine.h"
#include "record.h"
#include "wire.h"

struct ike_child;
struct ike_sa;

/** IKE_BUCKETS - lists by which an IKE SA is found from its SPI */
#define IKE_BUCKETS 1024
/** IKE_SECOND - milliseconds */
#define IKE_SECOND UINT64_C(1000)
/** IKE_RACE_MS - milliseconds within which two that are the same count as begun at once */
#define IKE_RACE_MS (30 * IKE_SECOND)
/** IKE_QUIET_MS - milliseconds between two lines about hosts that have not authenticated */
#define IKE_QUIET_MS IKE_SECOND
/** IKE_LARGE_MIN - octets of a message that may be too large for the way */
#define IKE_LARGE_MIN 1200
/** IKE_NEVER - a time that does not come */
#define IKE_NEVER UINT64_MAX

/**
 * struct ike_want - whether something should be up
 * @wanted: it should
 * @retry_at: not to be tried before
 */
struct ike_want {
	bool wanted;
	uint64_t retry_at;
};

/**
 * struct ike_peer - a configured peer
 * @next: in the engine's list
 * @conf: its configuration
 * @sas: its IKE SAs
 * @log: what failed
 * @wants: one for each child of @conf
 * @alone: the IKE SA is wanted, without a child
 * @next_touched: in the engine's list of those that an event was about
 * @touched: it is in that list
 * @last_instance: number of the last tunnel name that was made for it
 */
struct ike_peer {
	struct ike_peer *next;
	const struct ike_peer_conf *conf;
	struct ike_sa *sas;
	struct ike_record_log log;
	struct ike_want *wants;
	struct ike_want alone;
	struct ike_peer *next_touched;
	bool touched;
	uint32_t last_instance;
};

/**
 * ike_kernel_done - called when the kernel has answered; @child is the one of the request,
 * NULL if it is gone, which happens to QUERY only
 */
typedef void ike_kernel_done(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
			     const struct ike_kernel_reply *reply);
/** ike_key_done - called when the key process has answered */
typedef void ike_key_done(struct ike_engine *engine, struct ike_sa *sa,
			  const struct ike_key_reply *reply);

/**
 * struct ike_pending - a request that is not answered yet
 * @next: in the engine's list
 * @id: its number
 * @verb: KERNEL: what was asked
 * @sa: for whom; NULL: nobody waits any more
 * @child: KERNEL: for which child; NULL: it is gone
 * @peer_conf: of the request; NULL once the configuration is
 * @child_conf: likewise
 * @tunnel: of the request
 * @kernel_done: KERNEL: what to do with the answer
 * @key_done: KEY: likewise
 */
struct ike_pending {
	struct ike_pending *next;
	uint32_t id;
	enum ike_kernel_verb verb;
	struct ike_sa *sa;
	struct ike_child *child;
	const struct ike_peer_conf *peer_conf;
	const struct ike_child_conf *child_conf;
	char tunnel[IKE_NAME_SIZE];
	ike_kernel_done *kernel_done;
	ike_key_done *key_done;
};

/**
 * struct ike_engine - every IKE SA of this host
 * @ops: how it acts
 * @arg: passed to the ops
 * @limits: what strangers may cost
 * @random: @ops->random as crypt.h wants it
 * @now: time of the event that is worked on
 * @peers: configured peers
 * @sas: every IKE SA
 * @buckets: the same by our SPI
 * @sa_count: number of them
 * @touched: those that the event was about; when it has been dealt with, they go on
 * @touched_peers: likewise
 * @dead: something is to be swept
 * @deadline: when ike_engine_tick() is wanted, or earlier
 * @half_open: number of those that have not authenticated, as responder
 * @pending: requests that are not answered
 * @last_request: number of the last one
 * @jar: secrets of cookies
 * @cookies: cookies that were asked for
 * @strangers: what failed with hosts that are no peer
 * @quiet_until: until then nothing is told of who has not authenticated
 * @unknown_until: until then nobody is told that its IKE SA is not known
 * @build: payloads of the message that is being built
 * @packet: the message
 * @plain: what was decrypted
 */
struct ike_engine {
	const struct ike_ops *ops;
	void *arg;
	struct ike_limits limits;
	struct ike_random random;
	uint64_t now;
	struct ike_peer *peers;
	struct ike_sa *sas;
	struct ike_sa *buckets[IKE_BUCKETS];
	uint32_t sa_count;
	struct ike_sa *touched;
	struct ike_peer *touched_peers;
	bool dead;
	uint64_t deadline;
	uint32_t half_open;
	struct ike_pending *pending;
	uint32_t last_request;
	struct ike_cookie_jar jar;
	uint64_t cookies;
	struct ike_record_log strangers;
	uint64_t quiet_until;
	uint64_t unknown_until;
	uint8_t build[IKE_MESSAGE_MAX];
	uint8_t packet[IKE_PACKET_MAX];
	uint8_t plain[IKE_PACKET_MAX];
};

/* engine.c */

/** ike_engine_settle - an event has been dealt with: what is wanted begins, what is over goes */
void ike_engine_settle(struct ike_engine *engine);

/**
 * ike_engine_ask_kernel - makes a request to the kernel
 * @engine: the engine
 * @sa: for whom
 * @child: for which child; fills in @request's peer, child, tunnel, path and encap
 * @request: the rest of it
 * @done: what to do with the answer; not called if @sa or @child is gone by then
 *
 * Return: 0 or -ENOMEM: then nothing was asked.
 */
int ike_engine_ask_kernel(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
			  struct ike_kernel_request *request, ike_kernel_done *done);

/** ike_engine_ask_key - makes a request to the key process; as ike_engine_ask_kernel() */
int ike_engine_ask_key(struct ike_engine *engine, struct ike_sa *sa,
		       struct ike_key_request *request, ike_key_done *done);

/** ike_engine_tell - tells an event: what, of which SA and child (may be NULL), and the text */
void ike_engine_tell(struct ike_engine *engine, enum ike_event_kind kind, const struct ike_sa *sa,
		     const char *child, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/** ike_engine_jitter - a time in seconds as milliseconds, less up to a tenth at random */
uint64_t ike_engine_jitter(struct ike_engine *engine, uint64_t seconds);

/** ike_engine_random - a random number below @limit */
uint32_t ike_engine_random(struct ike_engine *engine, uint32_t limit);

/* peer.c */

/** ike_peer_touch - the event is about a peer: see what is wanted of it and not there */
void ike_peer_touch(struct ike_engine *engine, struct ike_peer *peer);

/** ike_peer_find - the peer of a name, or NULL */
struct ike_peer *ike_peer_find(struct ike_engine *engine, const char *name);

/** ike_peer_child_conf - the child of a name, with its peer in @peer; or NULL */
const struct ike_child_conf *ike_peer_child_conf(struct ike_engine *engine, const char *name,
						 struct ike_peer **peer);

/** ike_peer_want - what is wanted of a child */
struct ike_want *ike_peer_want(struct ike_peer *peer, const struct ike_child_conf *conf);

/** ike_peer_at - whether a peer may be at the far end of a path */
bool ike_peer_at(const struct ike_peer *peer, const struct ike_path *path);

/** ike_peer_doubted - whether an IKE SA with a peer is doubtful */
bool ike_peer_doubted(const struct ike_peer *peer);

/** ike_peer_unwant - ends what was begun for a child that nothing wants any more */
void ike_peer_unwant(struct ike_engine *engine, struct ike_peer *peer);

/** ike_peer_settle - begins what is wanted and not there */
void ike_peer_settle(struct ike_engine *engine, struct ike_peer *peer);

/** ike_peer_deadline - when ike_peer_settle() has something to do again */
uint64_t ike_peer_deadline(const struct ike_engine *engine, const struct ike_peer *peer);

/** ike_peer_failed - what was wanted of a peer did not come about: it is tried again later */
void ike_peer_failed(struct ike_engine *engine, struct ike_peer *peer,
		     const struct ike_child_conf *conf);

/* report.c */

/**
 * ike_report - keeps a record of a failure and tells it
 * @engine: the engine
 * @sa: which IKE SA; its peer gets the record, or the log of strangers if it has none
 * @record: the record, with @stage, @refuser, @code and what else is known
 * @format: the sentence
 */
void ike_report(struct ike_engine *engine, const struct ike_sa *sa, struct ike_record *record,
		const char *format, ...) __attribute__((format(printf, 4, 5)));

/** ike_report_simple - a record that has no more than a stage, a refuser, a code and a sentence */
void ike_report_simple(struct ike_engine *engine, const struct ike_sa *sa, enum ike_stage stage,
		       enum ike_refuser refuser, const char *code, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/** ike_report_proposals - writes a list of proposals as text */
void ike_report_proposals(const struct ike_proposal_list *list, char *to, size_t size);

/**
 * ike_report_mismatch - a record of proposals that do not meet
 * @engine: the engine
 * @sa: which IKE SA
 * @stage: how far it had come
 * @child: name of the child, or NULL
 * @ours: our proposals
 * @theirs: theirs
 * @flags: as for ike_match()
 */
void ike_report_mismatch(struct ike_engine *engine, const struct ike_sa *sa, enum ike_stage stage,
			 const char *child, const struct ike_proposal_list *ours,
			 const struct ike_proposal_list *theirs, unsigned int flags);

/**
 * ike_report_refused - a record of an error notification of the peer
 * @engine: the engine
 * @sa: which IKE SA
 * @stage: how far it had come
 * @child: configuration of the child, or NULL: the IKE SA
 * @notify: type of the notification
 */
void ike_report_refused(struct ike_engine *engine, const struct ike_sa *sa, enum ike_stage stage,
			const struct ike_child_conf *child, uint16_t notify);

#endif
