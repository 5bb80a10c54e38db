// SPDX-License-Identifier: MIT
#include "sim.h"

static const char *const names[SIM_CHILDREN] = { "net", "lab" };

uint32_t sim_random(struct sim *sim, uint32_t limit)
{
	/* splitmix64 */
	uint64_t z = (sim->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ (z >> 31)) % limit);
}

static struct sim_event *event_add(struct sim *sim, int host, uint64_t due)
{
	struct sim_event *event = calloc(1, sizeof(*event));
	struct sim_event **at = &sim->queue;

	assert_non_null(event);
	event->host = host;
	event->due = due;
	while (*at && (*at)->due <= due)
		at = &(*at)->next;
	event->next = *at;
	*at = event;
	return event;
}

static void event_free(struct sim_event *event)
{
	free(event->data);
	free(event);
}

/* The network. */

static void deliver(struct sim *sim, int to, const struct ike_path *path, const uint8_t *data,
		    size_t len)
{
	uint64_t delay = sim->delay_min + sim_random(sim, sim->delay_max - sim->delay_min + 1);
	struct sim_event *event = event_add(sim, to, sim->now + delay);

	event->kind = SIM_MESSAGE;
	event->path.local = sim->hosts[to].conf.local;
	event->path.local.port = path->remote.port;
	event->path.remote = sim->hosts[!to].address;
	if (!event->path.remote.len)
		event->path.remote = path->local;
	if (!event->path.remote.port)
		event->path.remote.port = path->local.port;
	event->data = malloc(len);
	assert_non_null(event->data);
	memcpy(event->data, data, len);
	event->len = len;
}

static void op_send(void *arg, const struct ike_path *path, const uint8_t *data, size_t len)
{
	struct sim_host *host = arg;
	struct sim *sim = host->sim;

	host->sent++;
	if (sim->cut || (sim->mute && host->number) || (sim->mtu && len > sim->mtu) || (sim->blocked && path->remote.port == sim->blocked))
		return;
	if (sim->loss && sim_random(sim, 100) < sim->loss)
		return;
	deliver(sim, !host->number, path, data, len);
	if (sim->twice && sim_random(sim, 100) < sim->twice)
		deliver(sim, !host->number, path, data, len);
}

/* The kernel. */

static struct sim_sa *sa_find(struct sim_host *host, uint32_t spi, bool inbound)
{
	for (size_t i = 0; i < host->sa_count; i++)
		if (host->sas[i].spi == spi && host->sas[i].inbound == inbound)
			return &host->sas[i];
	return NULL;
}

static void sa_remove(struct sim_host *host, struct sim_sa *sa)
{
	if (sa)
		*sa = host->sas[--host->sa_count];
}

static struct sim_sa *sa_add(struct sim_host *host, const char *tunnel, uint32_t spi, bool inbound)
{
	struct sim_sa *sa = &host->sas[host->sa_count++];

	assert_true(host->sa_count <= SIM_SAS);
	memset(sa, 0, sizeof(*sa));
	snprintf(sa->tunnel, sizeof(sa->tunnel), "%s", tunnel);
	sa->spi = spi;
	sa->inbound = inbound;
	return sa;
}

static void sa_key(struct sim_sa *sa, const struct ike_kernel_sa *from)
{
	assert_true(from->key_len && from->key_len <= sizeof(sa->key));
	memcpy(sa->key, from->key, from->key_len);
	sa->key_len = from->key_len;
	sa->larval = false;
}

static void install(struct sim_host *host, const struct ike_kernel_request *request)
{
	struct sim_sa *sa;

	assert_true(request->local_ts_count && request->remote_ts_count);
	assert_true(request->alg && request->alg[0]);
	if (request->in.spi) {
		sa = sa_find(host, request->in.spi, true);
		assert_true(sa && sa->larval);
		sa_key(sa, &request->in);
		/* As the module has it: four receive SAs in a tunnel. */
		assert_true(sim_sa_count(host, request->tunnel, true) <= 4);
	}
	if (!request->out.spi)
		return;
	/* A new transmit SA takes the place of the old one. */
	for (size_t i = 0; i < host->sa_count; i++)
		if (!host->sas[i].inbound && !strcmp(host->sas[i].tunnel, request->tunnel))
			sa_remove(host, &host->sas[i--]);
	sa_key(sa_add(host, request->tunnel, request->out.spi, false), &request->out);
}

/* Seconds since an SA had a packet. */
static uint64_t idle(struct sim_host *host, uint32_t spi, bool inbound)
{
	const struct sim_sa *sa = sa_find(host, spi, inbound);

	return sa && sa->used ? (host->sim->now - sa->used_at) / IKE_SECOND : UINT64_MAX;
}

static void op_kernel(void *arg, const struct ike_kernel_request *request)
{
	struct sim_host *host = arg;
	struct sim_event *event;
	struct sim *sim = host->sim;
	struct ike_kernel_reply reply = { 0 };

	if (getenv("SIM_VERBOSE"))
		fprintf(stderr, "# %llu host %d: kernel: verb %d in 0x%08x out 0x%08x\n",
			(unsigned long long)sim->now, host->number, request->verb, request->in.spi,
			request->out.spi);
	switch (request->verb) {
	case IKE_KERNEL_SPI_ALLOC:
		do
			reply.spi = 256 + sim_random(sim, UINT32_MAX - 256);
		while (sa_find(host, reply.spi, true));
		sa_add(host, request->tunnel, reply.spi, true)->larval = true;
		break;
	case IKE_KERNEL_SPI_FREE:
		assert_true(sa_find(host, request->in.spi, true)->larval);
		sa_remove(host, sa_find(host, request->in.spi, true));
		return;
	case IKE_KERNEL_INSTALL:
		reply.error = -host->fail_install;
		host->fail_install = 0;
		if (!reply.error)
			install(host, request);
		break;
	case IKE_KERNEL_REMOVE:
		if (request->in.spi)
			sa_remove(host, sa_find(host, request->in.spi, true));
		if (request->out.spi)
			sa_remove(host, sa_find(host, request->out.spi, false));
		break;
	case IKE_KERNEL_MOVE:
		break;
	case IKE_KERNEL_QUERY:
		reply.rx_idle = idle(host, request->in.spi, true);
		reply.tx_idle = idle(host, request->out.spi, false);
		break;
	}
	event = event_add(sim, host->number,
			  sim->now + (sim->reply_max ? sim_random(sim, sim->reply_max + 1) : 0));
	event->kind = SIM_KERNEL;
	event->id = request->id;
	event->kernel = reply;
}

/* The key process, with a pre-shared key. */

static void op_key(void *arg, const struct ike_key_request *request)
{
	struct sim_host *host = arg;
	struct sim *sim = host->sim;
	struct sim_event *event =
		event_add(sim, host->number,
			  sim->now + (sim->reply_max ? sim_random(sim, sim->reply_max + 1) : 0));
	const uint8_t *psk = (const uint8_t *)host->psk;

	event->kind = SIM_KEY;
	event->id = request->id;
	if (request->verb == IKE_KEY_SIGN) {
		assert_int_equal(ike_auth_psk(request->prf, psk, strlen(host->psk), request->octets,
					      request->octets_len, event->auth,
					      &event->key.auth_len),
				 0);
		event->key.method = IKE_METHOD_PSK;
		return;
	}
	if (request->method != IKE_METHOD_PSK ||
	    ike_auth_psk_verify(request->prf, psk, strlen(host->psk), request->octets,
				request->octets_len, request->auth, request->auth_len)) {
		event->key.error = -EACCES;
		event->key.fault = "wrong-psk";
		event->key.text = "the peer's pre-shared key is another";
	}
}

static void op_event(void *arg, const struct ike_event *event)
{
	struct sim_host *host = arg;

	host->events[event->kind]++;
	if (event->record)
		host->last = *event->record;
	if (getenv("SIM_VERBOSE"))
		fprintf(stderr, "# %llu host %d: %s %s %s: %s\n",
			(unsigned long long)host->sim->now, host->number,
			ike_event_name(event->kind), event->peer ? event->peer : "-",
			event->child ? event->child : "-", event->text);
}

static void op_random(void *arg, void *data, size_t len)
{
	struct sim_host *host = arg;
	uint8_t *at = data;

	while (len--)
		*at++ = (uint8_t)sim_random(host->sim, 256);
}

static const struct ike_ops ops = { op_send, op_kernel, op_key, op_event, op_random };

/* Configuration. */

void sim_proposals(struct sim_host *host, const char *ike, const char *esp)
{
	struct ike_fault fault;

	assert_int_equal(ike_proposals_parse(ike, IKE_PROTOCOL_IKE, &host->ike, &fault), 0);
	assert_int_equal(ike_proposals_parse(esp, IKE_PROTOCOL_ESP, &host->esp, &fault), 0);
}

void sim_selectors(struct sim_host *host, int child, const char *local, const char *remote)
{
	struct ike_child_conf *conf = &host->children[child];
	struct ike_fault fault;

	assert_int_equal(ike_ts_list_parse(local, &host->local_ts[child], &fault), 0);
	assert_int_equal(ike_ts_list_parse(remote, &host->remote_ts[child], &fault), 0);
	conf->local_ts = host->local_ts[child].items;
	conf->local_ts_count = host->local_ts[child].count;
	conf->remote_ts = host->remote_ts[child].items;
	conf->remote_ts_count = host->remote_ts[child].count;
}

static void host_init(struct sim *sim, int number)
{
	struct sim_host *host = &sim->hosts[number];
	struct ike_fault fault;

	host->sim = sim;
	host->number = number;
	host->psk = "correct horse battery staple";
	ike_id_parse(number ? "b.example" : "a.example", &host->local_id, &fault);
	ike_id_parse(number ? "a.example" : "b.example", &host->remote_id, &fault);
	sim_proposals(host, "aes256gcm16-prfsha256-x25519", "aes256gcm16");
	host->conf = (struct ike_peer_conf){
		.name = number ? "a" : "b",
		.local = { .len = 4, .octets = { 192, 0, 2, (uint8_t)(1 + number) } },
		.remote = { .len = 4, .octets = { 192, 0, 2, (uint8_t)(2 - number) } },
		.local_id = &host->local_id,
		.remote_id = &host->remote_id,
		.local_auth = IKE_AUTH_PSK,
		.remote_auth = IKE_AUTH_PSK,
		.ike = &host->ike,
		.fragmentation = true,
		.initial_contact = true,
		.unique = true,
		.children = host->children,
		.child_count = SIM_CHILDREN,
	};
	host->address = host->conf.local;
	for (int i = 0; i < SIM_CHILDREN; i++) {
		host->children[i] = (struct ike_child_conf){
			.name = names[i],
			.dev = "sec0",
			.esp = &host->esp,
		};
		sim_selectors(host, i,
			      i	     ? number ? "10.4.0.0/16" : "10.3.0.0/16" :
			      number ? "10.2.0.0/16" :
				       "10.1.0.0/16",
			      i	     ? number ? "10.3.0.0/16" : "10.4.0.0/16" :
			      number ? "10.1.0.0/16" :
				       "10.2.0.0/16");
	}
}

void sim_init(struct sim *sim, uint64_t seed)
{
	memset(sim, 0, sizeof(*sim));
	sim->random = seed;
	sim->now = 1000000;
	sim->delay_min = 1;
	sim->delay_max = 1;
	ike_crypt_init();
	for (int i = 0; i < 2; i++)
		host_init(sim, i);
}

void sim_start(struct sim *sim)
{
	for (int i = 0; i < 2; i++) {
		struct sim_host *host = &sim->hosts[i];

		host->engine = ike_engine_new(&ops, host, &ike_limits_default, sim->now);
		assert_non_null(host->engine);
		assert_int_equal(ike_engine_peer_set(host->engine, &host->conf, sim->now), 0);
	}
}

void sim_restart(struct sim *sim, int number)
{
	struct sim_host *host = &sim->hosts[number];
	struct sim_event **at = &sim->queue;

	/* What its kernel and key process have not answered yet is gone with them. */
	while (*at) {
		struct sim_event *event = *at;

		if (event->host != number || event->kind == SIM_MESSAGE) {
			at = &event->next;
			continue;
		}
		*at = event->next;
		event_free(event);
	}
	ike_engine_free(host->engine);
	host->sa_count = 0;
	host->engine = ike_engine_new(&ops, host, &ike_limits_default, sim->now);
	assert_non_null(host->engine);
	assert_int_equal(ike_engine_peer_set(host->engine, &host->conf, sim->now), 0);
}

void sim_free(struct sim *sim)
{
	for (int i = 0; i < 2; i++)
		ike_engine_free(sim->hosts[i].engine);
	while (sim->queue) {
		struct sim_event *event = sim->queue;

		sim->queue = event->next;
		event_free(event);
	}
}

/* What happens. */

static void send_packet(struct sim *sim, int from, int child)
{
	const char *tunnel = names[child];
	struct sim_host *sender = &sim->hosts[from];
	struct sim_host *receiver = &sim->hosts[!from];
	struct sim_sa *out = NULL;
	struct sim_sa *in;

	for (size_t i = 0; i < sender->sa_count; i++)
		if (!sender->sas[i].inbound && !strcmp(sender->sas[i].tunnel, tunnel))
			out = &sender->sas[i];
	if (!out)
		return;
	out->used = true;
	out->used_at = sim->now;
	in = sa_find(receiver, out->spi, true);
	if (sim->cut || !in || in->larval || in->key_len != out->key_len ||
	    memcmp(in->key, out->key, in->key_len)) {
		sim->lost[child]++;
		if (getenv("SIM_VERBOSE"))
			fprintf(stderr, "# %llu host %d: lost a packet of %s, spi 0x%08x\n",
				(unsigned long long)sim->now, from, tunnel, out->spi);
		return;
	}
	sim->packets++;
	in->used_at = sim->now;
	if (!in->used) {
		const struct ike_kernel_event event = {
			.kind = IKE_KERNEL_FIRST_RECEIVE,
			.tunnel = tunnel,
			.spi = in->spi,
			.inbound = true,
		};

		in->used = true;
		ike_engine_kernel_event(receiver->engine, &event, sim->now);
	}
}

static void traffic(struct sim *sim)
{
	if (!sim->traffic)
		return;
	for (int i = 0; i < SIM_CHILDREN; i++)
		for (int host = 0; host < 2; host++)
			send_packet(sim, host, i);
}

static void happen(struct sim *sim, struct sim_event *event)
{
	struct ike_engine *engine = sim->hosts[event->host].engine;

	switch (event->kind) {
	case SIM_MESSAGE:
		ike_engine_receive(engine, &event->path, event->data, event->len, sim->now);
		break;
	case SIM_KERNEL:
		ike_engine_kernel_reply(engine, event->id, &event->kernel, sim->now);
		break;
	case SIM_KEY:
		event->key.auth = event->auth;
		ike_engine_key_reply(engine, event->id, &event->key, sim->now);
		break;
	}
	event_free(event);
	traffic(sim);
}

static struct sim_event *take(struct sim *sim, struct sim_event *event)
{
	struct sim_event **at = &sim->queue;

	while (*at != event)
		at = &(*at)->next;
	*at = event->next;
	return event;
}

static unsigned int choose(struct sim *sim, unsigned int limit)
{
	unsigned int choice = 0;

	if (sim->choice_count == SIM_CHOICES)
		return 0;
	if (sim->choice_count < sim->chosen)
		choice = sim->choices[sim->choice_count];
	sim->choices[sim->choice_count] = (uint8_t)choice;
	sim->limits[sim->choice_count++] = (uint8_t)limit;
	return choice;
}

bool sim_choices_next(struct sim *sim)
{
	size_t count = sim->choice_count;

	while (count && sim->choices[count - 1] + 1 >= sim->limits[count - 1])
		count--;
	if (!count)
		return false;
	sim->choices[count - 1]++;
	sim->chosen = count;
	sim->choice_count = 0;
	return true;
}

/*
 * Requests are answered at once. Then one of the messages in flight arrives, or is lost if that is
 * allowed. False: there is none.
 */
static bool step_by_choice(struct sim *sim)
{
	struct sim_event *event;
	unsigned int count = 0;
	unsigned int choice;

	for (event = sim->queue; event; event = event->next) {
		if (event->kind != SIM_MESSAGE) {
			happen(sim, take(sim, event));
			return true;
		}
		count++;
	}
	if (!count)
		return false;
	choice = count == 1 && !sim->drops ? 0 : choose(sim, sim->drops ? 2 * count : count);
	event = sim->queue;
	for (unsigned int i = 0; i < choice % count; i++)
		event = event->next;
	take(sim, event);
	if (getenv("SIM_VERBOSE"))
		fprintf(stderr, "# %s message %u of exchange %u to host %d\n",
			choice >= count ? "lose" : "deliver", event->data[23], event->data[18],
			event->host);
	if (choice >= count) {
		sim->drops--;
		event_free(event);
	} else {
		happen(sim, event);
	}
	return true;
}

bool sim_step(struct sim *sim, uint64_t until)
{
	uint64_t deadline = until;
	struct sim_event *event = sim->queue;

	if (sim->choosing && step_by_choice(sim))
		return true;
	for (int i = 0; i < 2; i++) {
		uint64_t due = ike_engine_deadline(sim->hosts[i].engine);

		if (due < deadline)
			deadline = due;
	}
	if (event && event->due <= deadline) {
		if (event->due > sim->now)
			sim->now = event->due;
		happen(sim, take(sim, event));
		return true;
	}
	if (deadline > sim->now)
		sim->now = deadline;
	if (deadline == until)
		return false;
	for (int i = 0; i < 2; i++)
		if (ike_engine_deadline(sim->hosts[i].engine) <= sim->now)
			ike_engine_tick(sim->hosts[i].engine, sim->now);
	traffic(sim);
	return true;
}

void sim_run(struct sim *sim, uint64_t ms)
{
	uint64_t until = sim->now + ms;
	unsigned int steps = 0;

	while (sim_step(sim, until))
		if (++steps > 200000)
			fail_msg("it does not come to rest");
}

void sim_drain(struct sim *sim)
{
	while (sim->queue) {
		if (sim->choosing && step_by_choice(sim))
			continue;
		if (sim->queue->due > sim->now)
			sim->now = sim->queue->due;
		happen(sim, take(sim, sim->queue));
	}
}

int sim_command(struct sim *sim, int host, enum ike_command command, const char *name)
{
	return ike_engine_command(sim->hosts[host].engine, command, name, sim->now);
}

/* What is up. */

size_t sim_ike_count(const struct sim_host *host)
{
	size_t count = 0;

	for (const struct ike_sa *sa = host->engine->sas; sa; sa = sa->next)
		count += sa->state != IKE_STATE_GONE && sa->state != IKE_STATE_DEAD;
	return count;
}

struct ike_sa *sim_ike(const struct sim_host *host)
{
	for (struct ike_sa *sa = host->engine->sas; sa; sa = sa->next)
		if (sa->state == IKE_STATE_UP)
			return sa;
	return NULL;
}

size_t sim_child_count(const struct sim_host *host, const char *name)
{
	size_t count = 0;

	for (const struct ike_sa *sa = host->engine->sas; sa; sa = sa->next)
		for (const struct ike_child *child = sa->children; child; child = child->next)
			count += !strcmp(child->tunnel, name);
	return count;
}

size_t sim_sa_count(const struct sim_host *host, const char *tunnel, bool inbound)
{
	size_t count = 0;

	for (size_t i = 0; i < host->sa_count; i++)
		count += host->sas[i].inbound == inbound && !strcmp(host->sas[i].tunnel, tunnel);
	return count;
}

void sim_assert_settled(struct sim *sim, size_t ikes, size_t first, size_t second)
{
	const size_t wanted[SIM_CHILDREN] = { first, second };

	for (int i = 0; i < 2; i++) {
		struct sim_host *host = &sim->hosts[i];

		assert_int_equal(sim_ike_count(host), ikes);
		assert_null(host->engine->pending);
		for (struct ike_sa *sa = host->engine->sas; sa; sa = sa->next) {
			assert_null(sa->task);
			assert_null(sa->tasks);
			assert_false(sa->window.waiting);
			assert_false(sa->window.answering);
		}
		for (int j = 0; j < SIM_CHILDREN; j++) {
			assert_int_equal(sim_child_count(host, names[j]), wanted[j]);
			assert_int_equal(sim_sa_count(host, names[j], true), wanted[j]);
			assert_int_equal(sim_sa_count(host, names[j], false), wanted[j]);
		}
	}
	if (ikes) {
		const struct ike_sa *a = sim_ike(&sim->hosts[0]);
		const struct ike_sa *b = sim_ike(&sim->hosts[1]);

		assert_true(a && b);
		assert_true(a->spi_local == b->spi_remote && b->spi_local == a->spi_remote);
		assert_true(a->initiator != b->initiator);
		assert_memory_equal(a->keys.d, b->keys.d, a->keys.prf->key_len);
	}
	for (int i = 0; i < 2; i++) {
		struct sim_host *host = &sim->hosts[i];

		for (size_t j = 0; j < host->sa_count; j++) {
			struct sim_sa *sa = &host->sas[j];
			struct sim_sa *other = sa_find(&sim->hosts[!i], sa->spi, !sa->inbound);

			assert_false(sa->larval);
			assert_non_null(other);
			assert_int_equal(sa->key_len, other->key_len);
			assert_memory_equal(sa->key, other->key, sa->key_len);
		}
	}
}

void sim_bring_up(struct sim *sim)
{
	bool choosing = sim->choosing;

	sim->choosing = false;
	assert_int_equal(sim_command(sim, 0, IKE_COMMAND_UP, "net"), 0);
	sim_run(sim, 500);
	sim_assert_settled(sim, 1, 1, 0);
	sim->traffic = true;
	sim->choosing = choosing;
}

struct sim *sim_new(uint64_t seed)
{
	struct sim *sim = malloc(sizeof(*sim));

	assert_non_null(sim);
	sim_init(sim, seed);
	return sim;
}

void sim_delete(struct sim *sim)
{
	sim_free(sim);
	free(sim);
}

void sim_assert_why(struct sim *sim, int host, const char *code, enum ike_refuser refuser)
{
	const struct ike_record *last = &sim->hosts[host].last;

	assert_string_equal(last->code, code);
	assert_int_equal(last->refuser, refuser);
	assert_true(last->text[0]);
}
