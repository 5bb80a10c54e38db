// SPDX-License-Identifier: MIT
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <json-c/json.h>
#include "child.h"
#include "crypt.h"
#include "nat.h"
#include "probe.h"
#include "proposal.h"

#define EXIT_USAGE 2
#define SERVICE "500"
/* Milliseconds until a question is asked again, and how often that is done. */
#define AGAIN_MS 1000
#define TRIES 3
/* Times that one question is asked anew, since a cookie or another group is wanted. */
#define TURNS 3
#define NONCE_LEN 32
#define MESSAGE_MAX 4096
#define OFFER_MAX 512

/* The questions in the order in which they are asked, and shown. */
static const struct {
	uint8_t type;
	const char *word;
} questions[] = {
	{ IKE_ENCR, "aes256gcm16" }, { IKE_ENCR, "aes192gcm16" }, { IKE_ENCR, "aes128gcm16" },
	{ IKE_ENCR, "chacha20poly1305" }, { IKE_ENCR, "aes256" }, { IKE_ENCR, "aes192" },
	{ IKE_ENCR, "aes128" }, { IKE_ENCR, "3des" },
	{ IKE_INTEG, "sha256" }, { IKE_INTEG, "sha384" }, { IKE_INTEG, "sha512" },
	{ IKE_INTEG, "sha1" },
	{ IKE_PRF, "prfsha256" }, { IKE_PRF, "prfsha384" }, { IKE_PRF, "prfsha512" },
	{ IKE_PRF, "prfsha1" },
	{ IKE_KE, "x25519" }, { IKE_KE, "ecp256" }, { IKE_KE, "ecp384" }, { IKE_KE, "ecp521" },
	{ IKE_KE, "modp2048" }, { IKE_KE, "modp3072" }, { IKE_KE, "modp4096" },
	{ IKE_KE, "modp1536" }, { IKE_KE, "modp1024" },
};

#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

/* What they are asked of, by transform type, as keys of the JSON have it too. */
static const struct {
	uint8_t type;
	const char *name;
} sections[] = {
	{ IKE_ENCR, "encryption" },
	{ IKE_INTEG, "integrity" },
	{ IKE_PRF, "prf" },
	{ IKE_KE, "group" },
};

static const struct {
	enum ike_probe_verdict verdict;
	const char *name;
} verdicts[] = {
	{ IKE_PROBE_ACCEPTED, "accepted" },
	{ IKE_PROBE_REFUSED, "refused" },
	{ IKE_PROBE_SILENT, "unanswered" },
	{ IKE_PROBE_OTHER, "unclear" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/**
 * struct asker - whom is asked
 * @fd: UDP socket, connected
 * @path: its ends
 * @pace: milliseconds between questions
 * @group: group that the gateway wants, as far as is known; 0: not yet
 * @nat: there is a NAT
 * @first: what it chose when everything was offered; "" if nothing
 * @verdicts: of the questions
 */
struct asker {
	int fd;
	struct ike_path path;
	unsigned int pace;
	uint16_t group;
	bool nat;
	char first[IKE_PROBE_CHOICE_SIZE];
	enum ike_probe_verdict verdicts[QUESTIONS];
};

static void endpoint_of(const struct sockaddr_storage *address, struct ike_endpoint *endpoint)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;

	if (address->ss_family == AF_INET) {
		endpoint->len = 4;
		memcpy(endpoint->octets, &in->sin_addr, 4);
		endpoint->port = ntohs(in->sin_port);
	} else {
		endpoint->len = 16;
		memcpy(endpoint->octets, &in6->sin6_addr, 16);
		endpoint->port = ntohs(in6->sin6_port);
	}
}

/* Connects to the first address of a name that there is a route to. */
static int asker_open(struct asker *asker, const char *name, FILE *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct sockaddr_storage local, remote;
	struct addrinfo *list, *info;
	socklen_t len = sizeof(local);
	int error = getaddrinfo(name, SERVICE, &hints, &list);

	if (error) {
		fprintf(err, "sectun-ike: word '%s': %s\n", name, gai_strerror(error));
		return EXIT_USAGE;
	}
	error = EHOSTUNREACH;
	asker->fd = -1;
	for (info = list; info && asker->fd < 0; info = info->ai_next) {
		asker->fd = socket(info->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (asker->fd >= 0 && !connect(asker->fd, info->ai_addr, info->ai_addrlen))
			break;
		error = errno;
		if (asker->fd >= 0)
			close(asker->fd);
		asker->fd = -1;
	}
	freeaddrinfo(list);
	if (asker->fd < 0 || getsockname(asker->fd, (struct sockaddr *)&local, &len)) {
		fprintf(err, "sectun-ike: %s: %s\n", name, strerror(error));
		return EXIT_FAILURE;
	}
	len = sizeof(remote);
	getpeername(asker->fd, (struct sockaddr *)&remote, &len);
	endpoint_of(&local, &asker->path.local);
	endpoint_of(&remote, &asker->path.remote);
	return EXIT_SUCCESS;
}

/* Builds a question. Returns its octets, or below 0. */
static ptrdiff_t build(const struct asker *asker, const struct ike_proposal_list *offer,
		       uint16_t group, const struct ike_probe_answer *before, uint64_t spi,
		       uint8_t to[MESSAGE_MAX])
{
	const struct ike_header header = {
		.spi_i = spi, .exchange = IKE_SA_INIT, .flags = IKE_FLAG_INITIATOR,
	};
	struct ike_transform transform = { .type = IKE_KE, .id = group };
	const struct ike_alg *alg = ike_alg_find(&transform);
	uint8_t nonce[NONCE_LEN];
	struct ike_writer writer;
	struct ike_span public;
	struct ike_dh *dh;
	ptrdiff_t len;

	if (!alg || ike_dh_new(alg, &dh))
		return -1;
	public = ike_dh_public(dh);
	ike_message_begin(&writer, to, MESSAGE_MAX, &header);
	if (before->cookie_len)
		ike_put_notify(&writer, IKE_COOKIE, before->cookie, before->cookie_len);
	ike_put_proposals(&writer, offer, (struct ike_span){ 0 }, 0);
	ike_put_ke(&writer, group, public.at, public.len);
	if (ike_random(NULL, nonce, sizeof(nonce)))
		writer.failed = true;
	ike_put_nonce(&writer, nonce, sizeof(nonce));
	ike_put_nat(&writer, &header, &asker->path.local, &asker->path.remote);
	len = ike_message_end(&writer);
	ike_dh_free(dh);
	return len;
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Sends a question until it is answered. What is no answer to it is not looked at. */
static void ask_once(const struct asker *asker, const uint8_t *message, size_t len, uint64_t spi,
		     struct ike_probe_answer *answer)
{
	struct pollfd poll_fd = { .fd = asker->fd, .events = POLLIN };
	uint8_t octets[65536];
	int64_t until;
	ssize_t got;

	memset(answer, 0, sizeof(*answer));
	for (int try = 0; try < TRIES; try++) {
		if (send(asker->fd, message, len, 0) < 0 && errno != ECONNREFUSED)
			return;
		for (until = now() + AGAIN_MS; now() < until;) {
			if (poll(&poll_fd, 1, (int)(until - now())) <= 0)
				break;
			got = recv(asker->fd, octets, sizeof(octets), MSG_DONTWAIT);
			if (got >= 0 && ike_probe_read((struct ike_span){ octets, (size_t)got }, spi,
						       &asker->path, answer))
				return;
		}
	}
}

/* Asks one question, with a cookie and another group if they are wanted. */
static void ask(struct asker *asker, const char *text, struct ike_probe_answer *answer)
{
	struct ike_probe_answer before = { 0 };
	struct ike_proposal_list offer;
	uint8_t message[MESSAGE_MAX];
	struct ike_fault fault;
	uint16_t group;
	uint64_t spi;
	ptrdiff_t len;

	memset(answer, 0, sizeof(*answer));
	answer->verdict = IKE_PROBE_OTHER;
	if (ike_proposals_parse(text, IKE_PROTOCOL_IKE, &offer, &fault) ||
	    ike_random(NULL, (uint8_t *)&spi, sizeof(spi)))
		return;
	spi |= 1; /* it may not be 0 */
	group = ike_has_group(&offer, asker->group) ? asker->group : ike_first_group(&offer);
	for (int turn = 0; turn < TURNS; turn++) {
		len = build(asker, &offer, group, &before, spi, message);
		if (len < 0)
			return;
		usleep(asker->pace * 1000);
		ask_once(asker, message, (size_t)len, spi, answer);
		if (answer->verdict != IKE_PROBE_COOKIE)
			break;
		before = *answer;
	}
	if (answer->group)
		asker->group = answer->group;
	asker->nat |= answer->nat;
}

/* All at once: is there a gateway, which group does it want, and what would it choose? */
static bool ask_first(struct asker *asker)
{
	struct ike_probe_answer answer;
	char text[OFFER_MAX];

	ike_probe_offer(0, NULL, text, sizeof(text));
	ask(asker, text, &answer);
	if (answer.verdict == IKE_PROBE_ACCEPTED && answer.group) /* now with that group */
		ask(asker, text, &answer);
	strcpy(asker->first, answer.choice);
	return answer.verdict != IKE_PROBE_SILENT;
}

static void ask_all(struct asker *asker, FILE *progress)
{
	struct ike_probe_answer answer;
	char text[OFFER_MAX];

	for (size_t i = 0; i < QUESTIONS; i++) {
		if (progress)
			fprintf(progress, "\r%zu of %zu", i + 1, QUESTIONS);
		ike_probe_offer(questions[i].type, questions[i].word, text, sizeof(text));
		ask(asker, text, &answer);
		asker->verdicts[i] = answer.verdict;
	}
	if (progress)
		fputs("\r\033[K", progress);
}

static struct json_object *words_of(const struct asker *asker, uint8_t type,
				    enum ike_probe_verdict verdict)
{
	struct json_object *words = json_object_new_array();

	for (size_t i = 0; i < QUESTIONS; i++)
		if (questions[i].type == type && asker->verdicts[i] == verdict)
			json_object_array_add(words, json_object_new_string(questions[i].word));
	return words;
}

static struct json_object *result(const struct asker *asker, bool answered)
{
	struct json_object *object = json_object_new_object(), *verdict, *words;
	char text[IKE_ENDPOINT_TEXT_SIZE];

	json_object_object_add(object, "gateway",
			       json_object_new_string(ike_endpoint_format(&asker->path.remote, text)));
	json_object_object_add(object, "answers", json_object_new_boolean(answered));
	if (!answered)
		return object;
	json_object_object_add(object, "nat", json_object_new_boolean(asker->nat));
	if (asker->first[0])
		json_object_object_add(object, "ike", json_object_new_string(asker->first));
	for (size_t v = 0; v < COUNT(verdicts); v++) {
		verdict = json_object_new_object();
		for (size_t s = 0; s < COUNT(sections); s++) {
			words = words_of(asker, sections[s].type, verdicts[v].verdict);
			if (json_object_array_length(words))
				json_object_object_add(verdict, sections[s].name, words);
			else
				json_object_put(words);
		}
		if (json_object_object_length(verdict))
			json_object_object_add(object, verdicts[v].name, verdict);
		else
			json_object_put(verdict);
	}
	return object;
}

static void print_text(const struct asker *asker, bool answered, FILE *out)
{
	char text[IKE_ENDPOINT_TEXT_SIZE];
	const char *name;

	fprintf(out, "%s ", ike_endpoint_format(&asker->path.remote, text));
	if (!answered) {
		fputs("does not answer: UDP port 500 is filtered on the way, or strangers get no answer there\n",
		      out);
		return;
	}
	fprintf(out, "answers%s\n", asker->nat ? "; there is a NAT on the way" : "");
	for (size_t v = 0; v < COUNT(verdicts); v++) {
		for (size_t s = 0; s < COUNT(sections); s++) {
			name = NULL;
			for (size_t i = 0; i < QUESTIONS; i++) {
				if (questions[i].type != sections[s].type ||
				    asker->verdicts[i] != verdicts[v].verdict)
					continue;
				if (!name)
					fprintf(out, "  %-11s %-10s", verdicts[v].name,
						sections[s].name);
				name = questions[i].word;
				fprintf(out, " %s", name);
			}
			if (name)
				fputc('\n', out);
		}
	}
	if (asker->first[0])
		fprintf(out, "in its file, under [peer]:\n  ike = %s\n", asker->first);
}

int ike_probe_run(const struct ike_probe *probe, FILE *out, FILE *err)
{
	struct asker asker = { .pace = probe->pace };
	struct json_object *object;
	bool answered;
	int status = asker_open(&asker, probe->address, err);

	if (status)
		return status;
	answered = ask_first(&asker);
	if (answered)
		ask_all(&asker, isatty(fileno(err)) ? err : NULL);
	if (probe->json) {
		object = result(&asker, answered);
		fprintf(out, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
		json_object_put(object);
	} else {
		print_text(&asker, answered, out);
	}
	close(asker.fd);
	return answered ? EXIT_SUCCESS : EXIT_FAILURE;
}
