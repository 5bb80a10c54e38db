// SPDX-License-Identifier: MIT
/*
 * IKE_SA_INIT (RFC 7296 section 1.2): what is agreed before anybody has said who it is.
 *
 *	request		HDR, [N(COOKIE)], SAi1, KEi, Ni, N(NAT_DETECTION_*)...
 *	response	HDR, SAr1, KEr, Nr, N(NAT_DETECTION_*)..., [CERTREQ]
 *
 * Nothing is kept of a stranger before the limits allow it: cookies are asked for without any
 * state, and refusals leave none.
 */
#include <stdlib.h>
#include <string.h>
#include "auth.h"
#include "child.h"
#include "ike_sa.h"
#include "nat.h"

/* Times that an initiator lets itself be told to begin again. */
#define RESTARTS_MAX 5
/* Milliseconds between two transmissions of the first request, at most. */
#define INTERVAL_MAX_MS 4000
/* Milliseconds for which one of two IKE SAs that are begun at once waits for the other. */
#define RACE_MS 3000

static const uint16_t hashes[] = { IKE_AUTH_HASH_SHA256, IKE_AUTH_HASH_SHA384, IKE_AUTH_HASH_SHA512,
				   IKE_AUTH_HASH_IDENTITY };

static void put_hashes(struct ike_writer *writer)
{
	uint8_t data[sizeof(hashes)];

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		data[2 * i] = (uint8_t)(hashes[i] >> 8);
		data[2 * i + 1] = (uint8_t)hashes[i];
	}
	ike_put_notify(writer, IKE_SIGNATURE_HASH_ALGORITHMS, data, sizeof(data));
}

/* With force-encap the peer has to believe in a NAT: the hash is that of another address. */
static void put_nat(struct ike_writer *writer, const struct ike_header *header,
		    const struct ike_path *path, bool force_encap)
{
	static const struct ike_endpoint nowhere = { .len = 4 };

	ike_put_nat(writer, header, force_encap ? &nowhere : &path->local, &path->remote);
}

static bool keep(uint8_t **to, size_t *to_len, const uint8_t *from, size_t len)
{
	uint8_t *copy = malloc(len);

	if (!copy)
		return false;
	memcpy(copy, from, len);
	free(*to);
	*to = copy;
	*to_len = len;
	return true;
}

void ike_init_certreq(struct ike_init *init, const struct ike_chain *chain)
{
	const struct ike_payload *payload = ike_chain_find(chain, IKE_PAYLOAD_CERTREQ);
	struct ike_coded coded;

	if (!payload || ike_coded_parse(payload, &coded) || coded.code != IKE_CERTREQ_X509 ||
	    coded.data.len > sizeof(init->certreq))
		return;
	memcpy(init->certreq, coded.data.at, coded.data.len);
	init->certreq_len = coded.data.len;
}

static void remember(struct ike_init *init, const struct ike_chain *chain)
{
	struct ike_notify notify;

	init->hash_count = 0;
	if (ike_chain_notify(chain, IKE_SIGNATURE_HASH_ALGORITHMS, &notify))
		for (size_t i = 0; i + 1 < notify.data.len && init->hash_count < IKE_HASHES_MAX;
		     i += 2)
			init->hashes[init->hash_count++] = ike_get16(notify.data.at + i);
	init->childless = ike_chain_notify(chain, IKE_CHILDLESS_IKEV2_SUPPORTED, &notify);
	ike_init_certreq(init, chain);
}

static void failed(struct ike_engine *engine, struct ike_sa *sa)
{
	const struct ike_child_conf *conf = sa->init->conf;
	struct ike_peer *peer = sa->peer;

	ike_sa_close(engine, sa, false);
	ike_peer_failed(engine, peer, conf);
}

/* The initiator. */

static bool send_request(struct ike_engine *engine, struct ike_sa *sa)
{
	const struct ike_peer_conf *conf = sa->peer->conf;
	struct ike_init *init = sa->init;
	struct ike_flight flight = { 0 };
	struct ike_writer writer;
	struct ike_header header;
	struct ike_span public = ike_dh_public(init->dh);
	uint64_t interval = conf->retransmit_ms ? conf->retransmit_ms : IKE_SECOND;
	ptrdiff_t len;

	sa->window.next = 0;
	sa->window.waiting = false;
	header = ike_message_header(sa, IKE_SA_INIT, false);
	ike_message_begin(&writer, engine->build, sizeof(engine->build), &header);
	if (init->cookie_len)
		ike_put_notify(&writer, IKE_COOKIE, init->cookie, init->cookie_len);
	ike_put_proposals(&writer, conf->ike, (struct ike_span){ 0 }, 0);
	ike_put_ke(&writer, ike_dh_group(init->dh)->transform.id, public.at, public.len);
	ike_put_nonce(&writer, init->ni.octets, init->ni.len);
	put_nat(&writer, &header, &sa->path, conf->force_encap);
	if (conf->fragmentation)
		ike_put_notify(&writer, IKE_FRAGMENTATION_SUPPORTED, NULL, 0);
	put_hashes(&writer);
	len = ike_message_end(&writer);
	if (len < 0 || !keep(&init->ours, &init->ours_len, engine->build, (size_t)len) ||
	    ike_flight_add(&flight, engine->build, (size_t)len))
		return false;
	ike_window_sent(&sa->window, &flight, interval, engine->now);
	/* A peer that comes back is not to wait long for the next one. */
	sa->window.interval_max = INTERVAL_MAX_MS;
	ike_message_resend(engine, sa, &sa->window.request);
	return true;
}

static bool choose_group(struct ike_sa *sa, uint16_t group)
{
	struct ike_transform transform = { .type = IKE_KE, .id = group };
	const struct ike_alg *alg = ike_alg_find(&transform);
	struct ike_dh *dh;

	if (!alg || ike_dh_new(alg, &dh))
		return false;
	ike_dh_free(sa->init->dh);
	sa->init->dh = dh;
	return true;
}

struct ike_sa *ike_init_start(struct ike_engine *engine, struct ike_peer *peer,
			      const struct ike_child_conf *conf)
{
	struct ike_path path = { peer->conf->local, peer->conf->remote };
	struct ike_sa *sa;

	if (!path.local.port)
		path.local.port = IKE_PORT;
	if (!path.remote.port)
		path.remote.port = IKE_PORT;
	sa = ike_sa_new(engine, peer, &path, true, IKE_STATE_STARTING);
	if (!sa)
		return NULL;
	sa->init = calloc(1, sizeof(*sa->init));
	if (!sa->init) {
		ike_sa_close(engine, sa, false);
		return NULL;
	}
	sa->init->conf = conf;
	ike_nonce_make(engine, &sa->init->ni);
	if (!choose_group(sa, ike_first_group(peer->conf->ike)) || !send_request(engine, sa)) {
		ike_report_simple(engine, sa, IKE_STAGE_INIT, IKE_REFUSER_US, "crypto",
				  "the first group of the proposals cannot be used here");
		ike_sa_close(engine, sa, false);
		return NULL;
	}
	return sa;
}

/* The responder wants something else first: a cookie, or another group. True: dealt with. */
static bool begin_again(struct ike_engine *engine, struct ike_sa *sa, const struct ike_chain *chain)
{
	struct ike_init *init = sa->init;
	struct ike_notify notify;
	uint16_t group;

	if (ike_chain_notify(chain, IKE_COOKIE, &notify)) {
		if (init->restarts++ >= RESTARTS_MAX || notify.data.len > sizeof(init->cookie))
			return false;
		memcpy(init->cookie, notify.data.at, notify.data.len);
		init->cookie_len = notify.data.len;
		return send_request(engine, sa);
	}
	if (!ike_chain_notify(chain, IKE_INVALID_KE_PAYLOAD, &notify))
		return false;
	group = ike_get16(notify.data.at);
	/* What the peer says is not authentic: only a group of ours, and another one, will do. */
	if (init->restarts++ >= RESTARTS_MAX || !ike_has_group(sa->peer->conf->ike, group) ||
	    group == ike_dh_group(init->dh)->transform.id || !choose_group(sa, group))
		return false;
	return send_request(engine, sa);
}

static bool derive(struct ike_engine *engine, struct ike_sa *sa, const struct ike_dh *dh,
		   struct ike_span public)
{
	uint8_t shared[IKE_DH_MAX];
	struct ike_keymat keymat = {
		.shared = { shared, ike_dh_group(dh)->shared_len },
		.ni = { sa->init->ni.octets, sa->init->ni.len },
		.nr = { sa->init->nr.octets, sa->init->nr.len },
		.spi_i = sa->initiator ? sa->spi_local : sa->spi_remote,
		.spi_r = sa->initiator ? sa->spi_remote : sa->spi_local,
	};
	bool ok = !ike_dh_shared(dh, public, shared) &&
		  !ike_keymat_ike(&sa->suite, &keymat, NULL, &sa->keys);

	ike_wipe(shared, sizeof(shared));
	sa->low = *ike_nonce_lower(&sa->init->ni, &sa->init->nr);
	if (ok)
		ike_sa_keyed(engine, sa);
	return ok;
}

static void learn_nat(struct ike_sa *sa, const struct ike_view *view, const struct ike_path *path,
		      bool force_encap)
{
	struct ike_nat nat;

	if (ike_nat_detect(&view->chain, &view->header, &path->remote, &path->local, &nat))
		return;
	sa->nat_local = nat.told && nat.local;
	sa->nat_remote = nat.told && nat.remote;
	sa->encap = nat.told && (nat.local || nat.remote || force_encap);
}

/* True: the response has all that it needs, and the keys are there. */
static bool accept(struct ike_engine *engine, struct ike_sa *sa, const struct ike_view *view)
{
	const struct ike_payload *offer = ike_chain_find(&view->chain, IKE_PAYLOAD_SA);
	const struct ike_payload *payload = ike_chain_find(&view->chain, IKE_PAYLOAD_KE);
	const struct ike_peer_conf *conf = sa->peer->conf;
	struct ike_proposal_list theirs;
	struct ike_match match;
	struct ike_ke ke;

	if (!offer || !payload || !view->header.spi_r || ike_proposals_read(offer, &theirs) ||
	    ike_ke_parse(payload, &ke) || !ike_nonce_read(&view->chain, &sa->init->nr)) {
		ike_report_simple(
			engine, sa, IKE_STAGE_INIT, IKE_REFUSER_US, "invalid-syntax",
			"the peer's answer lacks a payload, or has one that cannot be read");
		return false;
	}
	if (!ike_match(conf->ike, &theirs, 0, IKE_MATCH_RESPONSE, &match) ||
	    match.suite.ke != ike_dh_group(sa->init->dh) ||
	    ke.group != match.suite.ke->transform.id) {
		ike_report_simple(engine, sa, IKE_STAGE_INIT, IKE_REFUSER_US, "not-offered",
				  "the peer chose what was not offered");
		return false;
	}
	sa->suite = match.suite;
	sa->spi_remote = view->header.spi_r;
	if (derive(engine, sa, sa->init->dh, ke.data))
		return true;
	ike_report_simple(engine, sa, IKE_STAGE_INIT, IKE_REFUSER_US, "crypto",
			  "the peer's public value is not one of its group");
	return false;
}

void ike_init_response(struct ike_engine *engine, struct ike_sa *sa, const struct ike_path *path,
		       const struct ike_view *view)
{
	const struct ike_peer_conf *conf = sa->peer->conf;
	struct ike_notify notify;

	if (!sa->window.waiting || !ike_endpoint_same_address(&sa->path.remote, &path->remote))
		return;
	if (!ike_chain_find(&view->chain, IKE_PAYLOAD_SA)) {
		if (begin_again(engine, sa, &view->chain))
			return;
		if (!ike_chain_error(&view->chain, &notify))
			return;
		ike_report_refused(engine, sa, IKE_STAGE_INIT, NULL, notify.type);
		failed(engine, sa);
		return;
	}
	ike_window_done(&sa->window);
	if (!accept(engine, sa, view) ||
	    !keep(&sa->init->theirs, &sa->init->theirs_len, view->octets.at, view->octets.len)) {
		failed(engine, sa);
		return;
	}
	ike_dh_free(sa->init->dh);
	sa->init->dh = NULL;
	remember(sa->init, &view->chain);
	sa->fragments = conf->fragmentation &&
			ike_chain_notify(&view->chain, IKE_FRAGMENTATION_SUPPORTED, &notify);
	sa->path.local = path->local;
	learn_nat(sa, view, path, conf->force_encap);
	if (sa->encap && sa->path.remote.port == IKE_PORT) {
		sa->path.local.port = IKE_PORT_NAT;
		sa->path.remote.port = IKE_PORT_NAT;
	}
	ike_sa_set_state(engine, sa, IKE_STATE_AUTHENTICATING);
	ike_auth_start(engine, sa);
}

/* The responder. */

/* A response of one notification, for which nothing is remembered. */
static void refuse(struct ike_engine *engine, const struct ike_path *path,
		   const struct ike_view *view, uint16_t type, const void *data, size_t data_len)
{
	struct ike_header header = {
		.spi_i = view->header.spi_i,
		.exchange = IKE_SA_INIT,
		.flags = IKE_FLAG_RESPONSE,
	};
	struct ike_writer writer;
	ptrdiff_t len;

	ike_message_begin(&writer, engine->build, sizeof(engine->build), &header);
	ike_put_notify(&writer, type, data, data_len);
	len = ike_message_end(&writer);
	if (len > 0)
		engine->ops->send(engine->arg, path, engine->build, (size_t)len);
}

void ike_init_refuse_version(struct ike_engine *engine, const struct ike_path *path,
			     const struct ike_view *view)
{
	if (!(view->header.flags & IKE_FLAG_RESPONSE) && view->header.spi_i && !view->header.spi_r)
		refuse(engine, path, view, IKE_INVALID_MAJOR_VERSION, NULL, 0);
}

/* The request that has been answered already, again. */
static struct ike_sa *answered(struct ike_engine *engine, const struct ike_path *path,
			       const struct ike_view *view)
{
	for (struct ike_sa *sa = engine->sas; sa; sa = sa->next)
		if (sa->state == IKE_STATE_HALF_OPEN && sa->spi_remote == view->header.spi_i &&
		    ike_endpoint_equal(&sa->path.remote, &path->remote) &&
		    sa->init->theirs_len == view->octets.len &&
		    !memcmp(sa->init->theirs, view->octets.at, view->octets.len))
			return sa;
	return NULL;
}

static uint32_t half_open_of(const struct ike_engine *engine, const struct ike_endpoint *remote)
{
	uint32_t count = 0;

	for (const struct ike_sa *sa = engine->sas; sa; sa = sa->next)
		count += sa->state == IKE_STATE_HALF_OPEN &&
			 ike_endpoint_same_address(&sa->path.remote, remote);
	return count;
}

/* Whether a stranger may cost us anything; if not, it was told to bring a cookie, or nothing. */
static bool admitted(struct ike_engine *engine, const struct ike_path *path,
		     const struct ike_view *view, const struct ike_nonce *ni)
{
	struct ike_span nonce = { ni->octets, ni->len };
	uint8_t cookie[IKE_COOKIE_SIZE];
	struct ike_notify notify;

	if (engine->half_open >= engine->limits.half_open_cookie &&
	    !(ike_chain_notify(&view->chain, IKE_COOKIE, &notify) &&
	      ike_cookie_check(&engine->jar, engine->now, &path->remote, view->header.spi_i, nonce,
			       notify.data))) {
		if (ike_cookie_make(&engine->jar, engine->now, &path->remote, view->header.spi_i,
				    nonce, cookie))
			return false;
		engine->cookies++;
		refuse(engine, path, view, IKE_COOKIE, cookie, sizeof(cookie));
		return false;
	}
	return engine->half_open < engine->limits.half_open_max &&
	       half_open_of(engine, &path->remote) < engine->limits.half_open_address;
}

/* Both ends begin at once: the one with the higher nonce goes on, the other answers. */
static bool we_go_first(const struct ike_engine *engine, const struct ike_path *path,
			const struct ike_nonce *ni)
{
	for (const struct ike_sa *sa = engine->sas; sa; sa = sa->next)
		if (sa->state <= IKE_STATE_AUTHENTICATING && sa->init &&
		    ike_endpoint_same_address(&sa->path.remote, &path->remote) &&
		    engine->now < sa->since + RACE_MS && ike_nonce_compare(&sa->init->ni, ni) > 0)
			return true;
	return false;
}

/*
 * The peer whose proposals fit best; who it really is shows in IKE_AUTH. Those with the very
 * address come before those that may call from anywhere.
 */
static struct ike_peer *choose_peer(struct ike_engine *engine, const struct ike_path *path,
				    const struct ike_proposal_list *theirs, uint16_t group,
				    struct ike_match *match, struct ike_peer **nearest)
{
	*nearest = NULL;
	for (int any = 0; any < 2; any++) {
		for (struct ike_peer *peer = engine->peers; peer; peer = peer->next) {
			if ((peer->conf->remote.len == 0) != any || !ike_peer_at(peer, path))
				continue;
			if (ike_match(peer->conf->ike, theirs, group, 0, match))
				return peer;
			if (!*nearest)
				*nearest = peer;
		}
	}
	return NULL;
}

static bool send_response(struct ike_engine *engine, struct ike_sa *sa, const struct ike_view *view,
			  const struct ike_dh *dh)
{
	const struct ike_peer_conf *conf = sa->peer->conf;
	struct ike_init *init = sa->init;
	struct ike_header header = ike_message_header(sa, IKE_SA_INIT, true);
	struct ike_span public = ike_dh_public(dh);
	struct ike_notify notify;
	struct ike_writer writer;
	ptrdiff_t len;

	ike_message_begin(&writer, engine->build, sizeof(engine->build), &header);
	ike_put_suite(&writer, &sa->suite, (struct ike_span){ 0 });
	ike_put_ke(&writer, sa->suite.ke->transform.id, public.at, public.len);
	ike_put_nonce(&writer, init->nr.octets, init->nr.len);
	if (ike_chain_notify(&view->chain, IKE_NAT_DETECTION_SOURCE_IP, &notify))
		put_nat(&writer, &header, &sa->path, conf->force_encap);
	if (sa->fragments)
		ike_put_notify(&writer, IKE_FRAGMENTATION_SUPPORTED, NULL, 0);
	if (init->hash_count)
		put_hashes(&writer);
	ike_put_notify(&writer, IKE_CHILDLESS_IKEV2_SUPPORTED, NULL, 0);
	if ((conf->remote_auth & IKE_AUTH_CERT) && conf->certreq_len)
		ike_put_coded(&writer, IKE_PAYLOAD_CERTREQ, IKE_CERTREQ_X509, conf->certreq,
			      conf->certreq_len);
	len = ike_message_end(&writer);
	if (len < 0 || !keep(&init->ours, &init->ours_len, engine->build, (size_t)len))
		return false;
	engine->ops->send(engine->arg, &sa->path, engine->build, (size_t)len);
	return true;
}

static void answer(struct ike_engine *engine, struct ike_peer *peer, const struct ike_path *path,
		   const struct ike_view *view, const struct ike_suite *suite,
		   const struct ike_nonce *ni, struct ike_span public)
{
	struct ike_sa *sa = ike_sa_new(engine, peer, path, false, IKE_STATE_HALF_OPEN);
	struct ike_dh *dh = NULL;
	struct ike_notify notify;

	if (!sa)
		return;
	sa->init = calloc(1, sizeof(*sa->init));
	sa->spi_remote = view->header.spi_i;
	sa->suite = *suite;
	if (!sa->init ||
	    !keep(&sa->init->theirs, &sa->init->theirs_len, view->octets.at, view->octets.len) ||
	    ike_dh_new(suite->ke, &dh))
		goto out;
	sa->init->ni = *ni;
	ike_nonce_make(engine, &sa->init->nr);
	if (!derive(engine, sa, dh, public)) {
		ike_report_simple(engine, sa, IKE_STAGE_INIT, IKE_REFUSER_US, "crypto",
				  "the peer's public value is not one of its group");
		refuse(engine, path, view, IKE_INVALID_SYNTAX, NULL, 0);
		goto out;
	}
	remember(sa->init, &view->chain);
	sa->fragments = peer->conf->fragmentation &&
			ike_chain_notify(&view->chain, IKE_FRAGMENTATION_SUPPORTED, &notify);
	learn_nat(sa, view, path, peer->conf->force_encap);
	if (!send_response(engine, sa, view, dh))
		goto out;
	sa->window.expected = 1;
	ike_dh_free(dh);
	return;
out:
	ike_dh_free(dh);
	ike_sa_close(engine, sa, false);
}

/* A record about someone for whom there is no IKE SA. */
static struct ike_sa passer_by(struct ike_peer *peer, const struct ike_path *path)
{
	return (struct ike_sa){ .peer = peer, .path = *path, .state = IKE_STATE_HALF_OPEN };
}

void ike_init_request(struct ike_engine *engine, const struct ike_path *path,
		      const struct ike_view *view)
{
	const struct ike_payload *offer = ike_chain_find(&view->chain, IKE_PAYLOAD_SA);
	const struct ike_payload *payload = ike_chain_find(&view->chain, IKE_PAYLOAD_KE);
	struct ike_peer *nearest;
	struct ike_peer *peer;
	struct ike_proposal_list theirs;
	struct ike_match match;
	struct ike_sa *sa = answered(engine, path, view);
	struct ike_sa stranger;
	struct ike_nonce ni;
	struct ike_ke ke;

	if (sa) {
		engine->ops->send(engine->arg, path, sa->init->ours, sa->init->ours_len);
		return;
	}
	if (!offer || !payload || ike_ke_parse(payload, &ke) ||
	    !ike_nonce_read(&view->chain, &ni) || !admitted(engine, path, view, &ni) ||
	    we_go_first(engine, path, &ni) || ike_proposals_read(offer, &theirs))
		return;
	peer = choose_peer(engine, path, &theirs, ke.group, &match, &nearest);
	if (!peer) {
		stranger = passer_by(nearest, path);
		if (nearest)
			ike_report_mismatch(engine, &stranger, IKE_STAGE_INIT, NULL,
					    nearest->conf->ike, &theirs, 0);
		else
			ike_report_simple(
				engine, &stranger, IKE_STAGE_INIT, IKE_REFUSER_US, "unknown-peer",
				"no peer is configured for this address, nor one that may call from anywhere");
		refuse(engine, path, view, IKE_NO_PROPOSAL_CHOSEN, NULL, 0);
		return;
	}
	if (match.suite.ke->transform.id != ke.group) {
		uint8_t group[2] = { (uint8_t)(match.suite.ke->transform.id >> 8),
				     (uint8_t)match.suite.ke->transform.id };

		refuse(engine, path, view, IKE_INVALID_KE_PAYLOAD, group, sizeof(group));
		return;
	}
	answer(engine, peer, path, view, &match.suite, &ni, ke.data);
}
