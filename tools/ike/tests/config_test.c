// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "config.h"

#define PSK_PEER "[peer hq]\nremote = 198.51.100.7\nauth = psk\npsk-file = hq.psk\n"
#define PSK_PEER_HERE PSK_PEER "local = 203.0.113.1\n"
#define TUNNEL "[tunnel hq]\ndev = sec0\n"

static struct ike_config_fault fault;

static struct ike_config_peer *parse(const char *text)
{
	struct ike_config_peer *peer = NULL;
	char line[512];
	int err = ike_config_parse("hq.conf", text, strlen(text), &peer, &fault);

	if (err)
		print_error("%s\n", ike_config_fault_text(&fault, line, sizeof(line)));
	assert_int_equal(err, 0);
	return peer;
}

static void refuse(const char *text, const char *complaint)
{
	struct ike_config_peer *peer = NULL;
	char line[512];

	assert_int_equal(ike_config_parse("hq.conf", text, strlen(text), &peer, &fault), -EINVAL);
	assert_string_equal(ike_config_fault_text(&fault, line, sizeof(line)), complaint);
	assert_null(peer);
}

static const char *ts(const struct ike_ts *items, size_t count)
{
	static char text[IKE_TS_LIST_TEXT_SIZE];

	return ike_ts_list_format(items, count, text, sizeof(text));
}

static void five_lines_are_enough(void **state)
{
	struct ike_config_peer *peer = parse(PSK_PEER_HERE TUNNEL);
	const struct ike_child_conf *child = peer->conf.children;
	struct ike_id id;

	(void)state;
	assert_string_equal(peer->conf.name, "hq");
	assert_ptr_equal(peer->conf.user, peer);
	assert_int_equal(peer->conf.local_auth, IKE_AUTH_PSK);
	assert_int_equal(peer->conf.remote_auth, IKE_AUTH_PSK);
	ike_id_of_address(&peer->conf.local, &id);
	assert_true(ike_id_equal(peer->conf.local_id, &id));
	ike_id_of_address(&peer->conf.remote, &id);
	assert_true(ike_id_equal(peer->conf.remote_id, &id));
	assert_string_equal(peer->profile->name, "modern");
	assert_int_equal(peer->conf.rekey_seconds, peer->profile->ike_lifetime);
	assert_true(peer->conf.life_seconds > peer->conf.rekey_seconds);
	assert_true(peer->conf.ike->count > 0);
	assert_true(peer->conf.fragmentation);
	assert_int_equal(peer->conf.child_count, 1);
	assert_string_equal(child->name, "hq");
	assert_string_equal(child->dev, "sec0");
	assert_int_equal(child->start, IKE_START_ON_TRAFFIC);
	assert_int_equal(child->mode, IKE_MODE_TUNNEL);
	assert_string_equal(ts(child->local_ts, child->local_ts_count), "0.0.0.0/0,::/0");
	assert_string_equal(ts(child->remote_ts, child->remote_ts_count), "0.0.0.0/0,::/0");
	assert_int_equal(child->rekey_seconds, peer->profile->child_lifetime);
	assert_true(child->esp->count > 0);
	assert_ptr_equal(child->user, &peer->tunnels[0]);
	assert_true(peer->tunnels[0].route);
	ike_config_peer_free(peer);
}

static void every_key_says_something(void **state)
{
	struct ike_config_peer *peer = parse(
		"# everything\n"
		"[peer hq]\n"
		"local = 2001:db8::1\n"
		"  remote=2001:db8::2   # indented, and a comment\n"
		"local-id = branch.example\n"
		"remote-id = \"CN=hq # 1, O=Example\"\n"
		"local-auth = psk\n"
		"remote-auth = cert\n"
		"psk-file = /etc/sectun/hq.psk\n"
		"ca = root.pem\n"
		"ca = other.pem\n"
		"crl = root.crl\n"
		"profile = compat\n"
		"ike = aes256gcm16-prfsha384-ecp384\n"
		"ike = aes128gcm16-prfsha256-x25519, aes256-sha256-modp2048\n"
		"esp = aes256gcm16-ecp384\n"
		"ike-lifetime = 8h\n"
		"dpd = off\n"
		"keepalive = 30\n"
		"retry = 1m\n"
		"encap = udp\n"
		"fragment = 1400\n"
		"\n"
		"[tunnel lan]\n"
		"dev = sec1\n"
		"address = 10.255.0.1/30\n"
		"address = 2001:db8:1::1\n"
		"local-ts = 10.1.0.0/16\n"
		"local-ts = 10.2.0.0/16, 10.3.0.0/16\n"
		"remote-ts = 10.9.0.0/16\n"
		"route = off\n"
		"table = 100\n"
		"metric = 50\n"
		"start = now\n"
		"mtu = 1400\n"
		"mss = off\n"
		"tfc = 512\n"
		"lifetime = 45m\n"
		"bytes = 50G\n"
		"esp = aes128gcm16\n"
		"[tunnel host]\n"
		"dev = sec2\n"
		"mode = transport\n"
		"start = wait\n"
		"bytes = off\n");
	const struct ike_child_conf *lan = &peer->conf.children[0];
	const struct ike_child_conf *host = &peer->conf.children[1];

	(void)state;
	assert_int_equal(peer->conf.local.len, 16);
	assert_int_equal(peer->conf.remote.octets[15], 2);
	assert_int_equal(peer->local_id.type, IKE_ID_FQDN);
	assert_int_equal(peer->remote_id.type, IKE_ID_DN);
	assert_int_equal(peer->conf.local_auth, IKE_AUTH_PSK);
	assert_int_equal(peer->conf.remote_auth, IKE_AUTH_CERT);
	assert_string_equal(peer->psk_file, "/etc/sectun/hq.psk");
	assert_int_equal(peer->ca.count, 2);
	assert_string_equal(peer->ca.names[1], "other.pem");
	assert_int_equal(peer->crl.count, 1);
	assert_string_equal(peer->profile->name, "compat");
	assert_int_equal(peer->conf.ike->count, 3);
	assert_int_equal(peer->conf.rekey_seconds, 8 * 3600);
	assert_int_equal(peer->conf.liveness_seconds, 0);
	assert_int_equal(peer->keepalive, 30);
	assert_int_equal(peer->conf.retry_seconds, 60);
	assert_true(peer->conf.force_encap);
	assert_int_equal(peer->conf.fragment_size, 1400);

	assert_string_equal(lan->dev, "sec1");
	assert_int_equal(peer->tunnels[0].address_count, 2);
	assert_int_equal(peer->tunnels[0].addresses[0].prefixlen, 30);
	assert_int_equal(peer->tunnels[0].addresses[1].prefixlen, 128);
	assert_string_equal(ts(lan->local_ts, lan->local_ts_count),
			    "10.1.0.0/16,10.2.0.0/16,10.3.0.0/16");
	assert_false(peer->tunnels[0].route);
	assert_int_equal(peer->tunnels[0].table, 100);
	assert_int_equal(peer->tunnels[0].metric, 50);
	assert_int_equal(lan->start, IKE_START_ALWAYS);
	assert_int_equal(peer->tunnels[0].mtu, 1400);
	assert_int_equal(peer->tunnels[0].mss, 0);
	assert_int_equal(peer->tunnels[0].tfc, 512);
	assert_int_equal(lan->rekey_seconds, 45 * 60);
	assert_true(lan->rekey_bytes == UINT64_C(50000000000));
	assert_true(lan->life_bytes == UINT64_C(55000000000));
	assert_ptr_equal(lan->esp, &peer->tunnels[0].esp);

	assert_int_equal(host->mode, IKE_MODE_TRANSPORT);
	assert_int_equal(host->start, IKE_START_NONE);
	assert_true(host->rekey_bytes == 0);
	assert_ptr_equal(host->esp, &peer->esp);
	assert_string_equal(ts(host->remote_ts, host->remote_ts_count), "2001:db8::2/128");
	ike_config_peer_free(peer);
}

static void who_we_are_may_be_left_to_the_certificate(void **state)
{
	struct ike_config_peer *peer = parse("[peer hq]\nremote = any\nauth = cert\ncert = me.pem\n"
					     "key = me.key\nca = ca.pem\n" TUNNEL);
	struct ike_id subject = { .type = IKE_ID_DN, .len = 2, .data = { 0x30, 0 } };

	(void)state;
	assert_int_equal(peer->conf.local_id->type, IKE_ID_ANY);
	assert_null(peer->conf.remote_id);
	/* Whom should we call? */
	assert_int_equal(peer->conf.children[0].start, IKE_START_NONE);
	ike_config_peer_identify(peer, &subject);
	assert_int_equal(peer->conf.local_id->type, IKE_ID_DN);
	ike_config_peer_free(peer);
}

static void a_peer_at_an_address_has_to_prove_it_unless_told_otherwise(void **state)
{
	struct ike_config_peer *peer = parse(PSK_PEER_HERE);

	(void)state;
	assert_int_equal(peer->conf.remote_id->type, IKE_ID_IPV4);
	ike_config_peer_free(peer);
	peer = parse(PSK_PEER_HERE "remote-id = %any\n");
	assert_null(peer->conf.remote_id);
	ike_config_peer_free(peer);
}

static void complaints_name_the_line_and_the_word(void **state)
{
	(void)state;
	refuse("", "hq.conf: has no [peer NAME] section");
	refuse("local = 1.2.3.4\n",
	       "hq.conf:1: word 'local': stands before the first section, [peer NAME]");
	refuse("[host hq]\na = b\n",
	       "hq.conf:1: word 'host hq': not a section; [peer NAME] and [tunnel NAME] are");
	refuse("[peer]\na = b\n",
	       "hq.conf:1: not a name: up to 31 letters, digits, - _ and ., not - or . first");
	refuse("[peer hq]\n", "hq.conf:1: a section without keys");
	refuse("\n[peer hq]\n[tunnel hq]\ndev = sec0\n", "hq.conf:2: a section without keys");
	refuse("[peer hq]\nremot = 192.0.2.1\n",
	       "hq.conf:2: word 'remot': not a key; did you mean 'remote'?");
	refuse("[peer hq]\ndev = sec0\n",
	       "hq.conf:2: word 'dev': belongs into the [tunnel NAME] section");
	refuse("[peer hq]\nremote = 192.0.2.300\n",
	       "hq.conf:2: word '192.0.2.300': not an IPv4 or IPv6 address, and not 'any'");
	refuse("[peer hq]\n\n# here\nauth = pks\n",
	       "hq.conf:4: word 'pks': did you mean 'psk'?");
	refuse("[peer hq]\nauth = psk\nauth = psk\n", "hq.conf:3: word 'auth': given twice");
	refuse("[peer hq]\nauth =\n", "hq.conf:2: word 'auth': a value has to follow");
	refuse("[peer hq]\nauth psk\n", "hq.conf:2: neither [section] nor key = value");
	refuse(PSK_PEER_HERE "profile = fast\n",
	       "hq.conf:6: word 'fast': not a profile; modern, compat, windows, azure and aws are");
	refuse(PSK_PEER_HERE "ike-lifetime = 5s\n",
	       "hq.conf:6: word '5s': not a time from 60s to 30d, such as 8h");
	refuse(PSK_PEER_HERE "[tunnel hq]\nbytes = 5Q\n",
	       "hq.conf:7: word '5Q': not a number of octets from 1M, such as 50G, or off");
	refuse(PSK_PEER_HERE "[tunnel hq]\naddress = 10.0.0.1/33\n",
	       "hq.conf:7: word '10.0.0.1/33': the prefix is longer than the address, or no number");
	refuse(PSK_PEER_HERE TUNNEL TUNNEL,
	       "hq.conf:8: word 'hq': a tunnel of that name is above");
	refuse(PSK_PEER_HERE "[peer two]\nauth = psk\n",
	       "hq.conf:6: word 'two': a second peer; every peer has a file of its own");
}

static void what_is_missing_or_too_much_is_named(void **state)
{
	(void)state;
	refuse("[peer hq]\nlocal = 192.0.2.1\n",
	       "hq.conf:1: word 'auth': is missing: psk or cert");
	refuse("[peer hq]\nlocal = 192.0.2.1\nauth = psk\n",
	       "hq.conf:1: word 'psk-file': is missing: a file with the pre-shared key");
	refuse("[peer hq]\nauth = cert\n",
	       "hq.conf:1: word 'cert': is missing: a file with the certificate of this side");
	refuse("[peer hq]\nauth = cert\ncert = a\n",
	       "hq.conf:1: word 'key': is missing: a file with the private key of cert");
	refuse("[peer hq]\nauth = cert\ncert = a\nkey = b\n",
	       "hq.conf:1: word 'ca': is missing: a file with the certificate of the authority that "
	       "vouches for the peer");
	refuse("[peer hq]\nauth = cert\ncert = a\nkey = b\nca = c\npsk-file = d\n",
	       "hq.conf:1: word 'psk-file': is of no use: neither side authenticates by psk");
	refuse(PSK_PEER_HERE "key = a\n",
	       "hq.conf:1: word 'cert': is of no use: this side authenticates by psk");
	refuse(PSK_PEER_HERE "ca = a\n",
	       "hq.conf:1: word 'ca': is of no use: the peer authenticates by psk");
	refuse(PSK_PEER TUNNEL, "hq.conf:1: word 'local-id': is missing: local is any address, so it "
	       "cannot be the identity");
	refuse(PSK_PEER "local = 2001:db8::1\n",
	       "hq.conf:1: word 'remote': is of another address family than local");
	refuse(PSK_PEER_HERE "[tunnel hq]\nmtu = 1400\n",
	       "hq.conf:6: word 'dev': is missing: the sectun device of the tunnel");
	refuse("[peer hq]\nauth = psk\npsk-file = a\nlocal-id = x.example\n"
	       "[tunnel hq]\ndev = sec0\nstart = now\n",
	       "hq.conf:5: word 'start': cannot be now: remote is any address, so the peer has to begin");
}

static void hostile_text_is_refused(void **state)
{
	struct ike_config_peer *peer = NULL;
	char text[600] = "[peer hq]\nremote = ";

	(void)state;
	assert_int_equal(ike_config_parse("hq.conf", "[peer hq]\nauth = p\0sk\n", 21, &peer, &fault),
			 -EINVAL);
	assert_string_equal(fault.text, "an octet of value 0 in the text");
	assert_int_equal(fault.line, 2);
	memset(text + strlen(text), 'x', 300);
	assert_int_equal(ike_config_parse("hq.conf", text, strlen(text), &peer, &fault), -EINVAL);
	assert_string_equal(fault.text,
			    "longer than 197 octets; a list goes on with its key in the next line");
	assert_int_equal(fault.line, 2);
}

/* Every prefix of a good file is a good file or is refused with a complaint. */
static void every_beginning_of_a_file_is_read_or_refused(void **state)
{
	static const char text[] = PSK_PEER_HERE TUNNEL "remote-ts = 10.9.0.0/16\n";
	struct ike_config_peer *peer;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(text); len++) {
		peer = NULL;
		if (ike_config_parse("hq.conf", text, len, &peer, &fault))
			assert_int_not_equal(fault.text[0], '\0');
		ike_config_peer_free(peer);
	}
}

static void peers_that_cannot_be_told_apart_are_refused(void **state)
{
	struct ike_config config = { 0 };
	struct ike_config_peer *peer;
	const struct ike_config_peer *owner;

	(void)state;
	assert_int_equal(ike_config_add(&config, parse(PSK_PEER_HERE TUNNEL), &fault), 0);

	peer = parse(PSK_PEER_HERE);
	assert_int_equal(ike_config_add(&config, peer, &fault), -EEXIST);
	assert_string_equal(fault.text, "the peer of that name is in hq.conf");
	strcpy(peer->name, "two");
	assert_int_equal(ike_config_add(&config, peer, &fault), -EEXIST);
	assert_string_equal(fault.text,
			    "cannot be told from peer hq of hq.conf: same local, remote and remote-id");
	ike_config_peer_free(peer);

	peer = parse("[peer two]\nremote = any\nauth = psk\npsk-file = a\nlocal-id = x.example\n" TUNNEL);
	assert_int_equal(ike_config_add(&config, peer, &fault), -EEXIST);
	assert_string_equal(fault.text, "the tunnel of that name is in hq.conf");
	strcpy(peer->tunnels[0].name, "other");
	assert_int_equal(ike_config_add(&config, peer, &fault), 0);

	assert_int_equal(config.peer_count, 2);
	assert_ptr_equal(ike_config_find(&config, "two"), peer);
	assert_null(ike_config_find(&config, "three"));
	assert_string_equal(ike_config_find_tunnel(&config, "other", &owner)->name, "other");
	assert_ptr_equal(owner, peer);
	assert_null(ike_config_find_tunnel(&config, "none", &owner));
	ike_config_uninit(&config);
}

static enum ike_config_change compare(const char *before_text, const char *after_text)
{
	struct ike_config_peer *before = parse(before_text), *after = parse(after_text);
	enum ike_config_change change = ike_config_compare(before, after);

	ike_config_peer_free(before);
	ike_config_peer_free(after);
	return change;
}

static void only_what_is_said_counts_as_a_change(void **state)
{
	(void)state;
	assert_int_equal(compare(PSK_PEER_HERE TUNNEL, "# new\n" PSK_PEER_HERE "\n\n" TUNNEL),
			 IKE_CONFIG_SAME);
	assert_int_equal(compare(PSK_PEER_HERE TUNNEL, PSK_PEER_HERE "[tunnel hq]\ndev=sec0 # same\n"),
			 IKE_CONFIG_SAME);
	assert_int_equal(compare(PSK_PEER_HERE TUNNEL, PSK_PEER_HERE TUNNEL "mtu = 1400\n"),
			 IKE_CONFIG_TUNNELS);
	assert_int_equal(compare(PSK_PEER_HERE TUNNEL, PSK_PEER_HERE), IKE_CONFIG_TUNNELS);
	assert_int_equal(compare(PSK_PEER_HERE TUNNEL, PSK_PEER_HERE "dpd = 5s\n" TUNNEL),
			 IKE_CONFIG_PEER);
}

static void file(const char *directory, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void a_directory_is_read_in_order(void **state)
{
	char directory[] = "/tmp/sectun-config-XXXXXX", command[64];
	struct ike_config config;

	(void)state;
	assert_non_null(mkdtemp(directory));
	file(directory, "b.conf", PSK_PEER_HERE TUNNEL);
	file(directory, "a.conf", "[peer a]\nremote = any\nauth = psk\npsk-file = a\n"
				  "local-id = x.example\n");
	file(directory, "hq.psk", "secret");
	file(directory, ".hidden.conf", "nonsense");
	assert_int_equal(ike_config_load(directory, &config, &fault), 0);
	assert_int_equal(config.peer_count, 2);
	assert_string_equal(config.peers[0]->name, "a");
	assert_string_equal(config.peers[1]->name, "hq");
	ike_config_uninit(&config);

	file(directory, "c.conf", "nonsense\n");
	assert_int_equal(ike_config_load(directory, &config, &fault), -EINVAL);
	assert_non_null(strstr(fault.file, "/c.conf"));
	assert_int_equal(config.peer_count, 0);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
	assert_int_equal(ike_config_load(directory, &config, &fault), 0);
	assert_int_equal(config.peer_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_lines_are_enough),
		cmocka_unit_test(every_key_says_something),
		cmocka_unit_test(who_we_are_may_be_left_to_the_certificate),
		cmocka_unit_test(a_peer_at_an_address_has_to_prove_it_unless_told_otherwise),
		cmocka_unit_test(complaints_name_the_line_and_the_word),
		cmocka_unit_test(what_is_missing_or_too_much_is_named),
		cmocka_unit_test(hostile_text_is_refused),
		cmocka_unit_test(every_beginning_of_a_file_is_read_or_refused),
		cmocka_unit_test(peers_that_cannot_be_told_apart_are_refused),
		cmocka_unit_test(only_what_is_said_counts_as_a_change),
		cmocka_unit_test(a_directory_is_read_in_order),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
