/* SPDX-License-Identifier: MIT */
/* A child: a pair of ESP SAs in a tunnel of the kernel. */
#ifndef IKE_CHILD_H
#define IKE_CHILD_H

#include "collision.h"
#include "core.h"
#include "ike_sa.h"
#include "keymat.h"
#include "proposal.h"
#include "ts.h"

/** enum ike_child_state - how far a child has come */
enum ike_child_state {
	/** it is negotiated */
	IKE_CHILD_MAKING,
	IKE_CHILD_UP,
	/** another one has replaced it: it is going to be deleted */
	IKE_CHILD_REPLACED,
	/** it lost against another one: the end that created it is going to delete it */
	IKE_CHILD_REDUNDANT,
	/** we are deleting it */
	IKE_CHILD_CLOSING,
	/** it is deleted, and what the peer sent before it knew may still arrive */
	IKE_CHILD_LINGERING,
	/** to be swept */
	IKE_CHILD_DEAD,
};

/** enum ike_direction - one or both SAs of a child */
enum ike_direction {
	IKE_DIRECTION_IN = 1 << 0,
	IKE_DIRECTION_OUT = 1 << 1,
	IKE_DIRECTION_BOTH = IKE_DIRECTION_IN | IKE_DIRECTION_OUT,
};

/**
 * struct ike_child - a pair of ESP SAs
 * @next: in the IKE SA's list
 * @sa: its IKE SA
 * @conf: its configuration; NULL: there is none any more, it is being deleted
 * @tunnel: name of the tunnel in the kernel
 * @state: how far it has come
 * @since: when it came there
 * @initiator: we began the exchange that made it
 * @spi_in: SPI that we receive under; 0: none yet
 * @spi_out: SPI that we send under
 * @suite: what was agreed
 * @mode: tunnel or transport
 * @local_ts: networks behind this end
 * @remote_ts: networks behind the peer
 * @in_key: KEYMAT of what we receive, until it is installed
 * @out_key: KEYMAT of what we send, until it is installed
 * @key_len: octets of each
 * @installed: directions that the kernel has: enum ike_direction
 * @low: lower nonce of the exchange that made it
 * @nonce: responder: our nonce
 * @public: responder: our public value, for PFS
 * @public_len: octets of it
 * @successor: child that replaces it
 * @replaces: child that it is made to replace
 * @was_up: it has been up
 * @doomed: it is to be deleted as soon as it is up
 * @rekey_at: time to rekey it
 * @expire_at: time at which it ends
 */
struct ike_child {
	struct ike_child *next;
	struct ike_sa *sa;
	const struct ike_child_conf *conf;
	char tunnel[IKE_NAME_SIZE];
	enum ike_child_state state;
	uint64_t since;
	bool initiator;
	uint32_t spi_in;
	uint32_t spi_out;
	struct ike_suite suite;
	enum ike_mode mode;
	struct ike_ts_list local_ts;
	struct ike_ts_list remote_ts;
	uint8_t in_key[IKE_CHILD_KEY_MAX];
	uint8_t out_key[IKE_CHILD_KEY_MAX];
	size_t key_len;
	unsigned int installed;
	struct ike_nonce low;
	struct ike_nonce nonce;
	uint8_t public[IKE_DH_MAX];
	size_t public_len;
	struct ike_child *successor;
	struct ike_child *replaces;
	bool was_up;
	bool doomed;
	uint64_t rekey_at;
	uint64_t expire_at;
};

/* child.c: its life */

/**
 * ike_child_new - makes a child
 * @engine: the engine
 * @sa: its IKE SA
 * @conf: its configuration
 * @like: child whose tunnel it goes into; NULL: it gets one
 * @initiator: we begin
 *
 * Return: the child, or NULL if there is no memory.
 */
struct ike_child *ike_child_new(struct ike_engine *engine, struct ike_sa *sa,
				const struct ike_child_conf *conf, const struct ike_child *like,
				bool initiator);

/** ike_child_by_spi_out - the child that sends under an SPI, if it is not dead; or NULL */
struct ike_child *ike_child_by_spi_out(const struct ike_sa *sa, uint32_t spi);

/**
 * ike_child_beats_twin - whether a child is to be used although there may be another one of the
 * same configuration, which it does not replace
 *
 * If both ends made the same child at once, in one IKE SA or in two, the rule is that of rekeys. Of
 * two of the same end, and if the other one is old, the new one stays.
 */
bool ike_child_beats_twin(const struct ike_engine *engine, const struct ike_child *child);

/** ike_child_settle_twin - of two such, the one that loses is deleted by the end that made it */
void ike_child_settle_twin(struct ike_engine *engine, struct ike_child *child);

/** ike_child_by_tunnel - the child of a tunnel that receives under @spi (0: that is up); or NULL */
struct ike_child *ike_child_by_tunnel(struct ike_engine *engine, const char *tunnel, uint32_t spi);

/** ike_child_active - it is up, or will be if all goes well */
bool ike_child_active(const struct ike_child *child);

/** ike_child_set_state - how far it has come now */
void ike_child_set_state(struct ike_engine *engine, struct ike_child *child,
			 enum ike_child_state state);

/** ike_child_alloc_spi - asks the kernel for an SPI to receive under */
int ike_child_alloc_spi(struct ike_engine *engine, struct ike_child *child, ike_kernel_done *done);

/**
 * ike_child_install - installs one or both SAs
 * @engine: the engine
 * @child: the child, with keys
 * @directions: enum ike_direction; what is there already is left out
 * @done: what to do then
 *
 * Return: 0, or a negative errno.
 */
int ike_child_install(struct ike_engine *engine, struct ike_child *child, unsigned int directions,
		      ike_kernel_done *done);

/** ike_child_use - sends under a child from now on: its transmit SA is installed if need be */
void ike_child_use(struct ike_engine *engine, struct ike_child *child);

/** ike_child_up - it is up: timers begin */
void ike_child_up(struct ike_engine *engine, struct ike_child *child);

/** ike_child_uninstall - the kernel forgets it */
void ike_child_uninstall(struct ike_engine *engine, struct ike_child *child);

/** ike_child_close - it is over: the kernel forgets it, the sweep takes it */
void ike_child_close(struct ike_engine *engine, struct ike_child *child, const char *why);

/** ike_child_delete - begins to delete it: the peer is told, then it is closed */
void ike_child_delete(struct ike_engine *engine, struct ike_child *child);

/**
 * ike_child_unwanted - a child is over: what came up by command, or for traffic, is not brought up
 * again without it
 */
void ike_child_unwanted(const struct ike_child *child);

/** ike_child_move - its tunnel goes to where its IKE SA goes */
void ike_child_move(struct ike_engine *engine, struct ike_child *child);

void ike_child_free(struct ike_child *child);

/* negotiate.c: what is agreed about it */

/** enum ike_negotiate - which exchange it is about */
enum ike_negotiate {
	/** IKE_AUTH: no key exchange of its own */
	IKE_NEGOTIATE_AUTH = 1 << 0,
	/** it replaces another one */
	IKE_NEGOTIATE_REKEY = 1 << 1,
};

/**
 * ike_negotiate_offer - writes what we offer: SA, nonce, KE, TSi, TSr, USE_TRANSPORT_MODE
 * @writer: where
 * @child: the child, with its SPI
 * @like: child that it replaces, or NULL
 * @task: nonce and key pair; NULL in IKE_AUTH
 */
void ike_negotiate_offer(struct ike_writer *writer, const struct ike_child *child,
			 const struct ike_child *like, const struct ike_task *task);

/**
 * ike_negotiate_accept - works on what the peer agreed to
 * @engine: the engine
 * @child: the child that we offered
 * @chain: the peer's payloads
 * @flags: enum ike_negotiate
 *
 * Return: 0, or the notification that says what is wrong; a record was made.
 */
uint16_t ike_negotiate_accept(struct ike_engine *engine, struct ike_child *child,
			      const struct ike_chain *chain, unsigned int flags);

/**
 * ike_negotiate_answer - works on what the peer offers, and makes a child of it
 * @engine: the engine
 * @sa: the IKE SA, which is authentic
 * @chain: the peer's payloads
 * @like: child that it replaces, or NULL
 * @flags: enum ike_negotiate
 * @made: is set to the child
 *
 * With IKE_INVALID_KE_PAYLOAD, @made is set to NULL and @sa->wanted_group to the group.
 *
 * Return: 0, or the notification to refuse with; a record was made.
 */
uint16_t ike_negotiate_answer(struct ike_engine *engine, struct ike_sa *sa,
			      const struct ike_chain *chain, const struct ike_child *like,
			      unsigned int flags, struct ike_child **made);

/** ike_negotiate_agree - writes what we agree to: SA, nonce, KE, TSi, TSr, USE_TRANSPORT_MODE */
void ike_negotiate_agree(struct ike_writer *writer, const struct ike_child *child,
			 unsigned int flags);

/**
 * ike_negotiate_keys - derives the keys of a child
 * @child: the child, with its suite
 * @ni: nonce of the initiator of the exchange
 * @nr: nonce of its responder
 * @shared: shared secret of PFS, or nothing
 *
 * Return: 0, or a negative errno.
 */
int ike_negotiate_keys(struct ike_child *child, const struct ike_nonce *ni,
		       const struct ike_nonce *nr, struct ike_span shared);

/** ike_nonce_make - a nonce of ours */
void ike_nonce_make(struct ike_engine *engine, struct ike_nonce *nonce);

/** ike_nonce_read - the nonce of a message; false: there is none that is right */
bool ike_nonce_read(const struct ike_chain *chain, struct ike_nonce *nonce);

/** ike_first_group - the group of the first proposal that has one, or 0 */
uint16_t ike_first_group(const struct ike_proposal_list *list);

/** ike_has_group - whether a group is among those of a list */
bool ike_has_group(const struct ike_proposal_list *list, uint16_t group);

#endif
