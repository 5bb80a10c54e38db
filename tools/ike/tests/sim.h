/* SPDX-License-Identifier: MIT */
/*
 * Two hosts with an engine each, over a network that is simulated.
 *
 *	engine 0 --- network: drops, delays, duplicates, reorders --- engine 1
 *	kernel 0 ======================= traffic ===================== kernel 1
 *
 * Everything is determined by a seed, or by a list of choices: which message in flight is the next
 * to arrive, or is lost. sim_choices_next() goes through all of these lists.
 *
 * After every step a packet goes through each tunnel in both directions, if the sender has a
 * transmit SA: the receiver has to have a receive SA of the same SPI and key, or it is lost.
 */
#ifndef IKE_SIM_H
#define IKE_SIM_H

#include "auth.h"
#include "child.h"
#include "engine.h"
#include "ike_sa.h"
#include "test.h"

/** SIM_SAS - SAs of a kernel, at most */
#define SIM_SAS 64
/** SIM_CHILDREN - tunnels of a host */
#define SIM_CHILDREN 2
/** SIM_CHOICES - choices of one run, at most */
#define SIM_CHOICES 256

/**
 * struct sim_sa - an SA that a kernel has
 * @tunnel: its tunnel
 * @spi: its SPI
 * @inbound: it receives
 * @larval: it is only reserved
 * @used: it has had a packet
 * @used_at: the last one
 * @key: KEYMAT
 * @key_len: octets of it
 */
struct sim_sa {
	char tunnel[IKE_NAME_SIZE];
	uint32_t spi;
	bool inbound;
	bool larval;
	bool used;
	uint64_t used_at;
	uint8_t key[IKE_CHILD_KEY_MAX];
	size_t key_len;
};

/**
 * struct sim_event - something that is going to happen
 * @next: the one after it
 * @host: to whom
 * @due: when
 * @kind: a message arrives, or a request is answered
 * @path: of a message, as the receiver sees it
 * @data: of a message
 * @len: octets of it
 * @id: of a request
 * @kernel: the kernel's answer
 * @key: the key process's answer
 * @auth: what it points to
 */
struct sim_event {
	struct sim_event *next;
	int host;
	uint64_t due;
	enum { SIM_MESSAGE, SIM_KERNEL, SIM_KEY } kind;
	struct ike_path path;
	uint8_t *data;
	size_t len;
	uint32_t id;
	struct ike_kernel_reply kernel;
	struct ike_key_reply key;
	uint8_t auth[IKE_AUTH_MAX];
};

/**
 * struct sim_host - one of the two
 * @sim: both
 * @number: 0 or 1
 * @engine: its engine
 * @conf: its configuration of the other
 * @children: tunnels
 * @local_id: who it is
 * @remote_id: who the other is
 * @ike: proposals
 * @esp: proposals
 * @local_ts: selectors, by tunnel
 * @remote_ts: selectors, by tunnel
 * @psk: pre-shared key
 * @address: its address as the other sees it; none: the one that it sends from
 * @sas: what its kernel has
 * @sa_count: number of them
 * @fail_install: errno for the next INSTALL; 0: none
 * @sent: messages sent
 * @events: events by kind
 * @last: text of the last failure
 */
struct sim_host {
	struct sim *sim;
	int number;
	struct ike_engine *engine;
	struct ike_peer_conf conf;
	struct ike_child_conf children[SIM_CHILDREN];
	struct ike_id local_id;
	struct ike_id remote_id;
	struct ike_proposal_list ike;
	struct ike_proposal_list esp;
	struct ike_ts_list local_ts[SIM_CHILDREN];
	struct ike_ts_list remote_ts[SIM_CHILDREN];
	const char *psk;
	struct ike_endpoint address;
	struct sim_sa sas[SIM_SAS];
	size_t sa_count;
	int fail_install;
	unsigned int sent;
	unsigned int events[IKE_EVENT_WARNING + 1];
	struct ike_record last;
};

/**
 * struct sim - the two hosts and the network
 * @now: the time
 * @hosts: the hosts
 * @queue: what is going to happen, in order of time
 * @random: state of the generator
 * @loss: messages lost, in percent
 * @twice: messages that arrive twice, in percent
 * @delay_min: milliseconds that a message takes
 * @delay_max: at most
 * @reply_max: milliseconds that an answer to a request takes, at most
 * @mtu: octets of the largest message that arrives; 0: any
 * @blocked: UDP port to which nothing arrives; 0: none
 * @cut: nothing arrives at all
 * @mute: what host 1 sends does not arrive
 * @choosing: messages arrive as @choices say
 * @drops: messages that may yet be lost by choice
 * @choices: the choices
 * @limits: number of possibilities of each
 * @choice_count: number of choices that were made
 * @chosen: number of choices that are given
 * @traffic: packets go through the tunnels
 * @packets: packets that arrived
 * @lost: packets that did not, by tunnel
 */
struct sim {
	uint64_t now;
	struct sim_host hosts[2];
	struct sim_event *queue;
	uint64_t random;
	unsigned int loss;
	unsigned int twice;
	unsigned int delay_min;
	unsigned int delay_max;
	unsigned int reply_max;
	size_t mtu;
	uint16_t blocked;
	bool cut;
	bool mute;
	bool choosing;
	unsigned int drops;
	uint8_t choices[SIM_CHOICES];
	uint8_t limits[SIM_CHOICES];
	size_t choice_count;
	size_t chosen;
	bool traffic;
	unsigned int packets;
	unsigned int lost[SIM_CHILDREN];
};

/* Both hosts with their default configuration, not started. */
void sim_init(struct sim *sim, uint64_t seed);
/* The same, in memory of its own, and its end. */
struct sim *sim_new(uint64_t seed);
void sim_delete(struct sim *sim);
/* Engines with the configuration as it is now. */
void sim_start(struct sim *sim);
/* A host starts anew: neither it nor its kernel knows anything any more. */
void sim_restart(struct sim *sim, int host);
void sim_free(struct sim *sim);

void sim_proposals(struct sim_host *host, const char *ike, const char *esp);
void sim_selectors(struct sim_host *host, int child, const char *local, const char *remote);

uint32_t sim_random(struct sim *sim, uint32_t limit);

/* One thing happens; false: nothing does before @until. */
bool sim_step(struct sim *sim, uint64_t until);
/* Until @ms have passed. */
void sim_run(struct sim *sim, uint64_t ms);
/* Until no message is in flight and nobody waits for a request; timers do not run. */
void sim_drain(struct sim *sim);

int sim_command(struct sim *sim, int host, enum ike_command command, const char *name);

/* Goes to the next list of choices after a run; false: there is none. Resets nothing else. */
bool sim_choices_next(struct sim *sim);

/* What is up. */
size_t sim_ike_count(const struct sim_host *host);
size_t sim_child_count(const struct sim_host *host, const char *name);
size_t sim_sa_count(const struct sim_host *host, const char *tunnel, bool inbound);
struct ike_sa *sim_ike(const struct sim_host *host);

/*
 * Asserts that both agree, and that nothing is left over: so many IKE SAs, and so many children of
 * each tunnel, with one SA in each direction that fit one another.
 */
void sim_assert_settled(struct sim *sim, size_t ikes, size_t first, size_t second);

/* Asserts what the last failure of a host was: its code and who refused. */
void sim_assert_why(struct sim *sim, int host, const char *code, enum ike_refuser refuser);

/* Both up, with the first tunnel. */
void sim_bring_up(struct sim *sim);

#endif
