// SPDX-License-Identifier: MIT
/* What is asked, and what an answer says; probe_run.c sends and receives. */
#include <string.h>
#include "nat.h"
#include "probe.h"
#include "proposal.h"

#define AEADS "aes256gcm16-aes192gcm16-aes128gcm16-chacha20poly1305"
#define CIPHERS "aes256-aes192-aes128-3des"
#define INTEGS "sha256-sha384-sha512-sha1"
#define PRFS "prfsha256-prfsha384-prfsha512-prfsha1"
#define GROUPS "x25519-ecp256-ecp384-ecp521-modp2048-modp3072-modp4096-modp1536-modp1024"

/* A cipher that has no integrity of its own needs one beside it. */
static bool is_aead(const char *word)
{
	return strstr(word, "gcm") || strstr(word, "poly1305");
}

void ike_probe_offer(uint8_t type, const char *word, char *to, size_t size)
{
	const char *prfs = type == IKE_PRF && word ? word : PRFS;
	const char *groups = type == IKE_KE && word ? word : GROUPS;

	if (type == IKE_ENCR && word && is_aead(word))
		snprintf(to, size, "%s-%s-%s", word, prfs, groups);
	else if (type == IKE_ENCR && word)
		snprintf(to, size, "%s-%s-%s-%s", word, INTEGS, prfs, groups);
	else if (type == IKE_INTEG && word)
		snprintf(to, size, "%s-%s-%s-%s", CIPHERS, word, prfs, groups);
	else
		snprintf(to, size, "%s-%s-%s,%s-%s-%s-%s", AEADS, prfs, groups, CIPHERS, INTEGS,
			 prfs, groups);
}

/* The cookie stands alone, and so does the group that is wanted (RFC 7296 sections 1.3 and 2.6). */
static void read_notify(const struct ike_notify *notify, struct ike_probe_answer *answer)
{
	switch (notify->type) {
	case IKE_NO_PROPOSAL_CHOSEN:
		answer->verdict = IKE_PROBE_REFUSED;
		break;
	case IKE_INVALID_KE_PAYLOAD:
		answer->verdict = IKE_PROBE_ACCEPTED;
		answer->group = ike_get16(notify->data.at);
		break;
	default:
		answer->verdict = IKE_PROBE_OTHER;
		answer->notify = notify->type;
		break;
	}
}

static bool read_cookie(const struct ike_chain *chain, struct ike_probe_answer *answer)
{
	struct ike_notify notify;

	if (!ike_chain_notify(chain, IKE_COOKIE, &notify) || notify.data.len > IKE_PROBE_COOKIE_MAX)
		return false;
	answer->verdict = IKE_PROBE_COOKIE;
	memcpy(answer->cookie, notify.data.at, notify.data.len);
	answer->cookie_len = notify.data.len;
	return true;
}

static void read_choice(const struct ike_payload *payload, struct ike_probe_answer *answer)
{
	struct ike_proposal_list list;
	char text[IKE_PROPOSAL_TEXT_SIZE];

	answer->verdict = IKE_PROBE_ACCEPTED;
	if (!ike_proposals_read(payload, &list) && list.count == 1)
		snprintf(answer->choice, sizeof(answer->choice), "%s",
			 ike_proposal_format(&list.items[0], text));
}

bool ike_probe_read(struct ike_span octets, uint64_t spi, const struct ike_path *path,
		    struct ike_probe_answer *answer)
{
	const struct ike_payload *payload;
	struct ike_notify notify;
	struct ike_view view;
	struct ike_nat nat;

	memset(answer, 0, sizeof(*answer));
	if (ike_message_parse(octets, &view) || view.header.spi_i != spi ||
	    view.header.exchange != IKE_SA_INIT || !(view.header.flags & IKE_FLAG_RESPONSE))
		return false;
	payload = ike_chain_find(&view.chain, IKE_PAYLOAD_SA);
	if (payload)
		read_choice(payload, answer);
	else if (ike_chain_error(&view.chain, &notify))
		read_notify(&notify, answer);
	else if (!read_cookie(&view.chain, answer))
		return false;
	answer->nat = !ike_nat_detect(&view.chain, &view.header, &path->remote, &path->local,
				      &nat) &&
		      nat.told && (nat.local || nat.remote);
	return true;
}
