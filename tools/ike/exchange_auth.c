// SPDX-License-Identifier: MIT
/*
 * IKE_AUTH (RFC 7296 section 1.2): who the two are, and the first child.
 *
 *	request		SK { IDi, [CERT...], [CERTREQ], [IDr], AUTH, SAi2, TSi, TSr }
 *	response	SK { IDr, [CERT...], AUTH, SAr2, TSi, TSr }
 *
 * The initiator reserves an SPI, has its AUTH made, sends, has the peer's verified, installs. The
 * responder has the peer's verified, has its own made, negotiates, reserves an SPI, installs,
 * sends: no child before the peer is authentic.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "auth.h"
#include "child.h"
#include "ike_sa.h"

/*
 * What a side signs (section 2.15): its first message, the other's nonce, and its identity.
 * Returns octets that the caller frees, or NULL.
 */
static uint8_t *signed_octets(const struct ike_sa *sa, bool ours, struct ike_span id, size_t *len)
{
	const struct ike_init *init = sa->init;
	bool initiator = ours == sa->initiator;
	const struct ike_alg *prf = sa->keys.prf;
	struct ike_span key = { initiator ? sa->keys.pi : sa->keys.pr, prf->key_len };
	const struct ike_nonce *nonce = initiator ? &init->nr : &init->ni;
	const uint8_t *message = ours ? init->ours : init->theirs;
	size_t message_len = ours ? init->ours_len : init->theirs_len;
	uint8_t *octets;

	*len = message_len + nonce->len + prf->key_len;
	octets = malloc(*len);
	if (!octets)
		return NULL;
	memcpy(octets, message, message_len);
	memcpy(octets + message_len, nonce->octets, nonce->len);
	if (!ike_prf(prf, key, &id, 1, octets + message_len + nonce->len))
		return octets;
	free(octets);
	return NULL;
}

static void sign(struct ike_engine *engine, struct ike_sa *sa, ike_key_done *done)
{
	const struct ike_init *init = sa->init;
	struct ike_key_request request = {
		.verb = IKE_KEY_SIGN,
		.peer = sa->peer->conf,
		.prf = sa->keys.prf->transform.id,
		.hashes = init->hashes,
		.hash_count = init->hash_count,
		.certreq = init->certreq,
		.certreq_len = init->certreq_len,
	};
	uint8_t body[IKE_ID_MAX + 4];
	struct ike_span id = { body, ike_id_body(sa->peer->conf->local_id, body) };
	uint8_t *octets = signed_octets(sa, true, id, &request.octets_len);

	request.octets = octets;
	if (!octets || ike_engine_ask_key(engine, sa, &request, done))
		ike_sa_close(engine, sa, false);
	free(octets);
}

static bool certs_keep(struct ike_init *init, const struct ike_key_reply *reply)
{
	size_t len = 0;
	uint8_t *at;

	for (size_t i = 0; i < reply->cert_count; i++)
		len += 3 + reply->certs[i].len;
	if (!len)
		return true;
	init->certs = at = malloc(len);
	if (!at)
		return false;
	for (size_t i = 0; i < reply->cert_count; i++) {
		const struct ike_cert_blob *cert = &reply->certs[i];

		if (cert->len > UINT16_MAX)
			return false;
		*at++ = cert->encoding;
		*at++ = (uint8_t)(cert->len >> 8);
		*at++ = (uint8_t)cert->len;
		memcpy(at, cert->data, cert->len);
		at += cert->len;
	}
	init->certs_len = len;
	return true;
}

static bool auth_keep(struct ike_init *init, const struct ike_key_reply *reply)
{
	init->auth = malloc(reply->auth_len + 1);
	if (!init->auth)
		return false;
	memcpy(init->auth, reply->auth, reply->auth_len);
	init->auth_len = reply->auth_len;
	init->method = reply->method;
	return certs_keep(init, reply);
}

static void put_certs(struct ike_writer *writer, const struct ike_init *init)
{
	size_t at = 0;

	while (at < init->certs_len) {
		const uint8_t *cert = init->certs + at;
		size_t len = ike_get16(cert + 1);

		ike_put_coded(writer, IKE_PAYLOAD_CERT, cert[0], cert + 3, len);
		at += 3 + len;
	}
}

/* Our own trouble: the key process has no key, or cannot sign. */
static bool signed_well(struct ike_engine *engine, struct ike_sa *sa,
			const struct ike_key_reply *reply)
{
	if (!reply->error && auth_keep(sa->init, reply))
		return true;
	ike_report_simple(engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_US,
			  reply->fault && reply->fault[0] ? reply->fault : "own-key", "%s",
			  reply->text && reply->text[0] ? reply->text :
							  "our AUTH payload could not be made");
	return false;
}

/* Another IKE SA with the same peer, which is up beyond doubt. */
static bool known(const struct ike_sa *sa)
{
	for (const struct ike_sa *other = sa->peer->sas; other; other = other->next_of_peer)
		if (other != sa && other->state == IKE_STATE_UP && !other->doubtful)
			return true;
	return false;
}

static bool same_identity(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->remote_id && b->remote_id && ike_id_equal(a->remote_id, b->remote_id);
}

/* Both ends began, and neither knew of the other's when it did. */
static bool raced(const struct ike_sa *sa, const struct ike_sa *other)
{
	return sa->initiator != other->initiator && other->since >= sa->born;
}

/*
 * Two IKE SAs with the same peer, which wants one. If both ends began at once, the rule is that of
 * rekeys, and the end that made the one that loses deletes it, or the other one in the end; else
 * the new one stays.
 */
static void settle_twin(struct ike_engine *engine, struct ike_sa *sa, struct ike_sa *other)
{
	struct ike_sa *loser = other;

	if (raced(sa, other)) {
		if (!ike_collision_we_win(&sa->low, &other->low))
			loser = sa;
		if (!loser->initiator) {
			loser->expire_at = engine->now + IKE_RACE_MS;
			return;
		}
	}
	if (!ike_task_find(loser, IKE_TASK_IKE_DELETE, NULL))
		ike_task_add(engine, loser, IKE_TASK_IKE_DELETE, NULL);
}

/* What a new IKE SA means for others with the same peer (section 2.4, INITIAL_CONTACT). */
static void supersede(struct ike_engine *engine, struct ike_sa *sa, bool initial_contact)
{
	const struct ike_peer_conf *conf = sa->peer->conf;

	for (struct ike_sa *other = sa->peer->sas; other; other = other->next_of_peer) {
		if (other == sa)
			continue;
		if (other->state == IKE_STATE_STARTING)
			/* Both began; this one got there first. */
			ike_sa_close(engine, other, false);
		else if (other->state != IKE_STATE_UP || !same_identity(other, sa))
			continue;
		else if (other->doubtful ||
			 (initial_contact && conf->initial_contact && !raced(sa, other)))
			ike_sa_close(engine, other, false);
		else if (conf->unique)
			settle_twin(engine, sa, other);
	}
}

static void tell_up(struct ike_engine *engine, const struct ike_sa *sa)
{
	char suite[IKE_PROPOSAL_TEXT_SIZE];
	char id[IKE_ID_TEXT_SIZE];

	ike_engine_tell(engine, IKE_EVENT_IKE_UP, sa, NULL, "%s spi %016" PRIx64 " id %.200s%s%s",
			ike_suite_format(&sa->suite, suite), sa->spi_local,
			ike_id_format(sa->remote_id, id), sa->nat_local ? " nat-here" : "",
			sa->nat_remote ? " nat-there" : "");
}

/*
 * The peer's proof: collects AUTH, the identity and certificates, and has them verified. False:
 * what is needed is not there, or not allowed; a record was made.
 */
static bool verify(struct ike_engine *engine, struct ike_sa *sa, const struct ike_chain *chain,
		   const struct ike_payload *id, ike_key_done *done)
{
	const struct ike_payload *payload = ike_chain_find(chain, IKE_PAYLOAD_AUTH);
	struct ike_key_request request = {
		.verb = IKE_KEY_VERIFY,
		.peer = sa->peer->conf,
		.prf = sa->keys.prf->transform.id,
		.id_type = sa->remote_id->type,
		.id_data = sa->remote_id->data,
		.id_len = sa->remote_id->len,
	};
	struct ike_coded auth;
	struct ike_coded cert;
	uint8_t *octets;
	unsigned int kind;
	int error;

	if (!payload || ike_coded_parse(payload, &auth)) {
		ike_report_simple(
			engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_US, "method",
			payload ?
				"the peer's AUTH payload cannot be read" :
				"the peer sends no AUTH payload: it wants EAP, which is not spoken here");
		return false;
	}
	kind = auth.code == IKE_METHOD_PSK ? IKE_AUTH_PSK : IKE_AUTH_CERT;
	if (!(sa->peer->conf->remote_auth & kind)) {
		ike_report_simple(engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_US, "method",
				  "the peer proves who it is by %s, and the configuration wants %s",
				  ike_auth_method_name(auth.code),
				  kind == IKE_AUTH_PSK ? "a certificate" : "a pre-shared key");
		return false;
	}
	request.method = auth.code;
	request.auth = auth.data.at;
	request.auth_len = auth.data.len;
	for (size_t i = 0; i < chain->count && request.cert_count < IKE_CERT_MAX; i++) {
		if (chain->payloads[i].type != IKE_PAYLOAD_CERT ||
		    ike_coded_parse(&chain->payloads[i], &cert))
			continue;
		request.certs[request.cert_count++] =
			(struct ike_cert_blob){ cert.code, cert.data.at, cert.data.len };
	}
	octets = signed_octets(sa, false, id->body, &request.octets_len);
	request.octets = octets;
	error = octets ? ike_engine_ask_key(engine, sa, &request, done) : -ENOMEM;
	free(octets);
	return !error;
}

static bool verified(struct ike_engine *engine, struct ike_sa *sa,
		     const struct ike_key_reply *reply)
{
	if (!reply->error)
		return true;
	ike_report_simple(engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_US,
			  reply->fault && reply->fault[0] ? reply->fault : "authentication", "%s",
			  reply->text && reply->text[0] ? reply->text :
							  "the peer could not prove who it is");
	return false;
}

static void report_identity(struct ike_engine *engine, const struct ike_sa *sa,
			    const struct ike_id *wanted, const struct ike_id *id)
{
	struct ike_record record = {
		.stage = IKE_STAGE_AUTH,
		.refuser = IKE_REFUSER_US,
		.code = "identity",
	};
	char text[IKE_ID_TEXT_SIZE];

	if (wanted)
		snprintf(record.ours, sizeof(record.ours), "%.500s", ike_id_format(wanted, text));
	snprintf(record.theirs, sizeof(record.theirs), "%.500s", ike_id_format(id, text));
	if (wanted)
		snprintf(record.edit, sizeof(record.edit), "here: remote-id = %.250s", text);
	ike_report(
		engine, sa, &record,
		wanted ?
			"the peer says that it is %.120s, and the configuration wants somebody else" :
			"no peer is configured that may call itself %.120s",
		text);
}

/* If both ends began at once there are two IKE SAs with the same child. */
static unsigned int directions(const struct ike_engine *engine, const struct ike_child *child)
{
	return ike_child_beats_twin(engine, child) ? IKE_DIRECTION_BOTH : IKE_DIRECTION_IN;
}

/* The initiator. */

static void initiator_failed(struct ike_engine *engine, struct ike_sa *sa, bool tell_peer)
{
	const struct ike_child_conf *conf = sa->init->conf;
	struct ike_peer *peer = sa->peer;
	struct ike_task *task;

	ike_peer_failed(engine, peer, conf);
	if (!tell_peer) {
		ike_sa_close(engine, sa, false);
		return;
	}
	/* The responder believes that it is up (section 2.21.2). */
	ike_sa_close_children(engine, sa, "the peer is not authentic");
	ike_inbound_free(&sa->told);
	ike_sa_init_free(sa);
	ike_sa_set_state(engine, sa, IKE_STATE_REPLACED);
	task = ike_task_add(engine, sa, IKE_TASK_IKE_DELETE, NULL);
	if (task)
		task->notify = IKE_AUTHENTICATION_FAILED;
	else
		ike_sa_close(engine, sa, false);
}

static void send_request(struct ike_engine *engine, struct ike_sa *sa,
			 const struct ike_key_reply *reply)
{
	const struct ike_peer_conf *conf = sa->peer->conf;
	struct ike_init *init = sa->init;
	struct ike_writer writer;

	if (!signed_well(engine, sa, reply)) {
		initiator_failed(engine, sa, false);
		return;
	}
	ike_chain_begin(&writer, engine->build, sizeof(engine->build));
	ike_put_id(&writer, IKE_PAYLOAD_IDI, conf->local_id);
	put_certs(&writer, init);
	if ((conf->remote_auth & IKE_AUTH_CERT) && conf->certreq_len)
		ike_put_coded(&writer, IKE_PAYLOAD_CERTREQ, IKE_CERTREQ_X509, conf->certreq,
			      conf->certreq_len);
	if (conf->remote_id && conf->remote_id->type != IKE_ID_ANY)
		ike_put_id(&writer, IKE_PAYLOAD_IDR, conf->remote_id);
	ike_put_coded(&writer, IKE_PAYLOAD_AUTH, init->method, init->auth, init->auth_len);
	if (!known(sa))
		ike_put_notify(&writer, IKE_INITIAL_CONTACT, NULL, 0);
	if (init->child)
		ike_negotiate_offer(&writer, init->child, NULL, NULL);
	if (ike_message_ask(engine, sa, IKE_AUTH, &writer))
		initiator_failed(engine, sa, false);
}

static void spi_reserved(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
			 const struct ike_kernel_reply *reply)
{
	if (reply->error) {
		ike_report_simple(engine, sa, IKE_STAGE_KERNEL, IKE_REFUSER_KERNEL, "spi",
				  "no SPI in tunnel %s: %s", child->tunnel,
				  reply->message ? reply->message : strerror(-reply->error));
		initiator_failed(engine, sa, false);
		return;
	}
	child->spi_in = reply->spi;
	sign(engine, sa, send_request);
}

void ike_auth_start(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_init *init = sa->init;

	/* The peer was faster. */
	if (sa->peer->conf->unique && known(sa)) {
		ike_sa_close(engine, sa, false);
		return;
	}
	if (!init->conf) {
		if (init->childless && !sa->peer->conf->child_count) {
			sign(engine, sa, send_request);
			return;
		}
		ike_report_simple(
			engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_PEER, "childless",
			"the peer takes no IKE SA without a child, and none is configured");
		initiator_failed(engine, sa, false);
		return;
	}
	init->child = ike_child_new(engine, sa, init->conf, NULL, true);
	if (!init->child || ike_child_alloc_spi(engine, init->child, spi_reserved))
		initiator_failed(engine, sa, false);
}

static void initiator_installed(struct ike_engine *engine, struct ike_sa *sa,
				struct ike_child *child, const struct ike_kernel_reply *reply)
{
	if (!reply->error) {
		ike_child_up(engine, child);
		ike_child_settle_twin(engine, child);
		return;
	}
	ike_report_simple(engine, sa, IKE_STAGE_KERNEL, IKE_REFUSER_KERNEL, "install",
			  "the kernel does not take the SAs of tunnel %s: %s", child->tunnel,
			  reply->message ? reply->message : strerror(-reply->error));
	if (sa->peer && child->conf)
		ike_peer_failed(engine, sa->peer, child->conf);
	ike_child_delete(engine, child);
}

/* The child of the response: made, or refused while the IKE SA is up all the same. */
static void take_child(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_init *init = sa->init;
	struct ike_child *child = init->child;
	const struct ike_child_conf *conf = child->conf;
	struct ike_notify notify;

	if (!ike_chain_find(&sa->told->chain, IKE_PAYLOAD_SA)) {
		notify.type = 0;
		ike_chain_error(&sa->told->chain, &notify);
		ike_report_refused(engine, sa, IKE_STAGE_AUTH, conf, notify.type);
		ike_child_close(engine, child, "the peer refuses it");
		ike_peer_failed(engine, sa->peer, conf);
		return;
	}
	child->low = sa->low;
	if (!ike_negotiate_accept(engine, child, &sa->told->chain, IKE_NEGOTIATE_AUTH) &&
	    !ike_negotiate_keys(child, &init->ni, &init->nr, (struct ike_span){ 0 }) &&
	    !ike_child_install(engine, child, directions(engine, child), initiator_installed))
		return;
	ike_peer_failed(engine, sa->peer, conf);
	ike_child_delete(engine, child);
}

static void responder_verified(struct ike_engine *engine, struct ike_sa *sa,
			       const struct ike_key_reply *reply)
{
	if (!verified(engine, sa, reply)) {
		initiator_failed(engine, sa, true);
		return;
	}
	ike_sa_set_state(engine, sa, IKE_STATE_UP);
	tell_up(engine, sa);
	if (sa->init->child)
		take_child(engine, sa);
	ike_inbound_free(&sa->told);
	ike_sa_established(engine, sa);
	supersede(engine, sa, false);
}

static bool id_keep(struct ike_sa *sa, const struct ike_payload *payload)
{
	free(sa->remote_id);
	sa->remote_id = malloc(sizeof(*sa->remote_id));
	return sa->remote_id && !ike_id_read(payload, sa->remote_id);
}

void ike_auth_response(struct ike_engine *engine, struct ike_sa *sa)
{
	const struct ike_chain *chain = &sa->told->chain;
	const struct ike_payload *id = ike_chain_find(chain, IKE_PAYLOAD_IDR);
	const struct ike_id *wanted = sa->peer->conf->remote_id;
	struct ike_notify notify;

	if (!ike_chain_find(chain, IKE_PAYLOAD_AUTH) && ike_chain_error(chain, &notify)) {
		ike_report_refused(engine, sa, IKE_STAGE_AUTH, sa->init->conf, notify.type);
		initiator_failed(engine, sa, false);
		return;
	}
	if (!id || !id_keep(sa, id)) {
		ike_report_simple(
			engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_US, "invalid-syntax",
			"the peer does not say who it is, or not in a way that can be read");
		initiator_failed(engine, sa, true);
		return;
	}
	if (wanted && !ike_id_match(wanted, sa->remote_id)) {
		report_identity(engine, sa, wanted, sa->remote_id);
		initiator_failed(engine, sa, true);
		return;
	}
	if (!verify(engine, sa, chain, id, responder_verified))
		initiator_failed(engine, sa, true);
}

/* The responder. */

static void responder_failed(struct ike_engine *engine, struct ike_sa *sa, uint16_t notify)
{
	ike_message_refuse(engine, sa, notify, NULL, 0);
	ike_sa_close(engine, sa, true);
}

static void send_response(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_init *init = sa->init;
	struct ike_child *child = init->child;
	struct ike_notify notify;
	struct ike_writer writer;
	bool initial_contact = ike_chain_notify(&sa->asked->chain, IKE_INITIAL_CONTACT, &notify);

	ike_chain_begin(&writer, engine->build, sizeof(engine->build));
	ike_put_id(&writer, IKE_PAYLOAD_IDR, sa->peer->conf->local_id);
	put_certs(&writer, init);
	ike_put_coded(&writer, IKE_PAYLOAD_AUTH, init->method, init->auth, init->auth_len);
	if (init->refusal)
		ike_put_notify(&writer, init->refusal, NULL, 0);
	else if (child)
		ike_negotiate_agree(&writer, child, IKE_NEGOTIATE_AUTH);
	if (ike_message_answer(engine, sa, IKE_AUTH, &writer)) {
		ike_sa_close(engine, sa, false);
		return;
	}
	ike_sa_established(engine, sa);
	supersede(engine, sa, initial_contact);
	tell_up(engine, sa);
	if (!child)
		return;
	ike_child_up(engine, child);
	ike_child_settle_twin(engine, child);
}

static void child_failed(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
			 const struct ike_kernel_reply *reply)
{
	ike_report_simple(engine, sa, IKE_STAGE_KERNEL, IKE_REFUSER_KERNEL, "install",
			  "the kernel does not take the SAs of tunnel %s: %s", child->tunnel,
			  reply->message ? reply->message : strerror(-reply->error));
	ike_child_close(engine, child, "the kernel refuses it");
	sa->init->child = NULL;
	sa->init->refusal = IKE_NO_ADDITIONAL_SAS;
	send_response(engine, sa);
}

static void responder_installed(struct ike_engine *engine, struct ike_sa *sa,
				struct ike_child *child, const struct ike_kernel_reply *reply)
{
	if (reply->error)
		child_failed(engine, sa, child, reply);
	else
		send_response(engine, sa);
}

static void responder_reserved(struct ike_engine *engine, struct ike_sa *sa,
			       struct ike_child *child, const struct ike_kernel_reply *reply)
{
	struct ike_kernel_reply trouble = { .error = -EIO };

	if (reply->error) {
		child_failed(engine, sa, child, reply);
		return;
	}
	child->spi_in = reply->spi;
	if (ike_negotiate_keys(child, &sa->init->ni, &sa->init->nr, (struct ike_span){ 0 }) ||
	    ike_child_install(engine, child, directions(engine, child), responder_installed))
		child_failed(engine, sa, child, &trouble);
}

static void responder_signed(struct ike_engine *engine, struct ike_sa *sa,
			     const struct ike_key_reply *reply)
{
	struct ike_init *init = sa->init;

	if (!signed_well(engine, sa, reply)) {
		responder_failed(engine, sa, IKE_AUTHENTICATION_FAILED);
		return;
	}
	/* RFC 6023: an IKE SA alone. */
	if (!ike_chain_find(&sa->asked->chain, IKE_PAYLOAD_SA)) {
		send_response(engine, sa);
		return;
	}
	init->refusal = ike_negotiate_answer(engine, sa, &sa->asked->chain, NULL,
					     IKE_NEGOTIATE_AUTH, &init->child);
	if (!init->refusal) {
		init->child->low = sa->low;
		if (!ike_child_alloc_spi(engine, init->child, responder_reserved))
			return;
		init->refusal = IKE_NO_ADDITIONAL_SAS;
	}
	init->child = NULL;
	send_response(engine, sa);
}

static void initiator_verified(struct ike_engine *engine, struct ike_sa *sa,
			       const struct ike_key_reply *reply)
{
	if (verified(engine, sa, reply))
		sign(engine, sa, responder_signed);
	else
		responder_failed(engine, sa, IKE_AUTHENTICATION_FAILED);
}

/* Whether a suite is one that a peer's configuration would have agreed to. */
static bool suite_fits(const struct ike_peer *peer, const struct ike_suite *suite)
{
	struct ike_proposal_list list = { .count = 1 };
	struct ike_proposal *offer = &list.items[0];
	struct ike_match match;
	const struct ike_alg *algs[] = { suite->encr, suite->prf, suite->integ, suite->ke };

	offer->protocol = IKE_PROTOCOL_IKE;
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		if (algs[i] && (algs[i]->transform.id || algs[i]->transform.type != IKE_INTEG))
			offer->transforms[offer->count++] = algs[i]->transform;
	return ike_match(peer->conf->ike, &list, 0, 0, &match);
}

/* The peer of an identity; one with the very address, or with the very identity, comes first. */
static struct ike_peer *choose_peer(struct ike_engine *engine, const struct ike_sa *sa,
				    const struct ike_id *idi, const struct ike_id *idr)
{
	struct ike_peer *best = NULL;
	int best_score = -1;

	for (struct ike_peer *peer = engine->peers; peer; peer = peer->next) {
		const struct ike_peer_conf *conf = peer->conf;
		int score = 0;

		if (!ike_peer_at(peer, &sa->path) || (idr && !ike_id_equal(conf->local_id, idr)) ||
		    (conf->remote_id && !ike_id_match(conf->remote_id, idi)) ||
		    (peer != sa->peer && !suite_fits(peer, &sa->suite)))
			continue;
		if (conf->remote_id && conf->remote_id->type != IKE_ID_ANY)
			score += 4;
		if (conf->remote.len)
			score += 2;
		if (peer == sa->peer)
			score += 1;
		if (score > best_score) {
			best = peer;
			best_score = score;
		}
	}
	return best;
}

/* A peer is known by its address, but not by its name: whose name was it? */
static void report_unknown(struct ike_engine *engine, const struct ike_sa *sa,
			   const struct ike_id *idi, const struct ike_id *idr)
{
	const struct ike_peer_conf *conf = sa->peer->conf;
	struct ike_record record = {
		.stage = IKE_STAGE_AUTH,
		.refuser = IKE_REFUSER_US,
		.code = "identity",
	};
	char text[IKE_ID_TEXT_SIZE];

	if (conf->remote_id && !ike_id_match(conf->remote_id, idi)) {
		report_identity(engine, sa, conf->remote_id, idi);
		return;
	}
	snprintf(record.ours, sizeof(record.ours), "%.500s", ike_id_format(conf->local_id, text));
	if (idr)
		snprintf(record.theirs, sizeof(record.theirs), "%.500s", ike_id_format(idr, text));
	snprintf(record.edit, sizeof(record.edit), "here: local-id = %.250s", text);
	ike_report(engine, sa, &record, "the peer wants to talk to %.120s, which we are not", text);
}

void ike_auth_request(struct ike_engine *engine, struct ike_sa *sa)
{
	const struct ike_chain *chain = &sa->asked->chain;
	const struct ike_payload *payload = ike_chain_find(chain, IKE_PAYLOAD_IDI);
	const struct ike_payload *other = ike_chain_find(chain, IKE_PAYLOAD_IDR);
	struct ike_peer *peer;
	struct ike_id idr;

	if (!payload || !id_keep(sa, payload) || (other && ike_id_read(other, &idr))) {
		ike_report_simple(
			engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_US, "invalid-syntax",
			"the peer does not say who it is, or not in a way that can be read");
		responder_failed(engine, sa, IKE_INVALID_SYNTAX);
		return;
	}
	peer = choose_peer(engine, sa, sa->remote_id, other ? &idr : NULL);
	if (!peer) {
		if (sa->peer)
			report_unknown(engine, sa, sa->remote_id, other ? &idr : NULL);
		else
			report_identity(engine, sa, NULL, sa->remote_id);
		responder_failed(engine, sa, IKE_AUTHENTICATION_FAILED);
		return;
	}
	ike_sa_set_peer(sa, peer);
	ike_init_certreq(sa->init, chain);
	if (!verify(engine, sa, chain, payload, initiator_verified))
		responder_failed(engine, sa, IKE_AUTHENTICATION_FAILED);
}
