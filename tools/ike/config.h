/* SPDX-License-Identifier: MIT */
/*
 * Configuration: one file per peer under /etc/sectun, in sections of "key = value" lines.
 *
 *	[peer hq]
 *	local = 203.0.113.1
 *	remote = 198.51.100.7
 *	auth = psk
 *	psk-file = hq.psk
 *	[tunnel hq]
 *	dev = sec0
 *
 * A file holds one peer and its tunnels. The text is parsed without touching a file, so that the
 * parent process and the protocol process read the same text to the same structures, and neither
 * has to send structures to the other. Keys and certificates are named here and read elsewhere.
 *
 * What is wrong is told once, with file, line and word. A configuration that was parsed without a
 * fault is whole: everything that has a default has it, and every value is in its range.
 */
#ifndef IKE_CONFIG_H
#define IKE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sectun.h"
#include "engine.h"
#include "id.h"
#include "profile.h"
#include "proposal.h"
#include "ts.h"

/** IKE_CONFIG_FILE_MAX - octets of the largest configuration file */
#define IKE_CONFIG_FILE_MAX 32768
/** IKE_CONFIG_LINE_MAX - octets of the longest line, as libinih has it */
#define IKE_CONFIG_LINE_MAX 197
/** IKE_CONFIG_TUNNELS_MAX - tunnels of a peer */
#define IKE_CONFIG_TUNNELS_MAX 64
/** IKE_CONFIG_FILES_MAX - files that one key names, such as ca */
#define IKE_CONFIG_FILES_MAX 16
/** IKE_CONFIG_ADDRESSES_MAX - addresses of a tunnel's device */
#define IKE_CONFIG_ADDRESSES_MAX 8

/**
 * struct ike_config_files - the files that a key names
 * @names: as written: absolute, or relative to the directory of the configuration file
 * @count: number of them
 */
struct ike_config_files {
	char *names[IKE_CONFIG_FILES_MAX];
	size_t count;
};

/**
 * struct ike_config_prefix - an address with the prefix it stands in
 * @address: the address, host bits included; its port means nothing
 * @prefixlen: bits of the prefix
 */
struct ike_config_prefix {
	struct ike_endpoint address;
	uint8_t prefixlen;
};

/**
 * struct ike_config_tunnel - a [tunnel NAME] section beside what the engine wants to know of it
 * @name: name, the tunnel's in the kernel as well; unique in all files
 * @line: line of the section
 * @dev: name of the sectun device
 * @addresses: addresses of the device
 * @address_count: number of them
 * @local_ts: traffic selectors of this side; default 0.0.0.0/0 and ::/0
 * @remote_ts: those of the peer; default the same
 * @esp: proposals of the tunnel alone; without any, the peer's
 * @route: routes to @remote_ts lead into the device while the tunnel is configured
 * @table: routing table of these; 0: main
 * @metric: of these; 0: the kernel's
 * @mtu: of the device in octets; 0: the kernel's
 * @mss: largest TCP MSS let through, 0: any, or SECTUN_MSS_AUTO
 * @tfc: shorter inner packets are padded to this many octets; 0: off
 * @said: the section's settings, one "key = value" a line, without comments
 */
struct ike_config_tunnel {
	char name[SECTUN_NAME_SIZE];
	unsigned int line;
	char dev[SECTUN_IFNAME_SIZE];
	struct ike_config_prefix addresses[IKE_CONFIG_ADDRESSES_MAX];
	size_t address_count;
	struct ike_ts_list local_ts;
	struct ike_ts_list remote_ts;
	struct ike_proposal_list esp;
	bool route;
	uint32_t table;
	uint32_t metric;
	uint16_t mtu;
	uint16_t mss;
	uint16_t tfc;
	char *said;
};

/**
 * struct ike_config_peer - a [peer NAME] section with its tunnels: all of one file
 * @conf: what the engine wants to know; points into the rest, and its @user to the structure
 * @name: name, unique in all files
 * @file: the file as complaints name it; belongs to the structure
 * @line: line of the section
 * @local_id: identity of this side; default the local address. IKE_ID_ANY: the subject of the
 *	certificate, for ike_config_peer_identify()
 * @remote_id: identity that the peer has to prove; default the remote address. IKE_ID_ANY, and
 *	@conf.remote_id is NULL: whoever is authentic, by @anybody or because @conf.remote is any
 * @anybody: remote-id is %any, in so many words
 * @psk_file: pre-shared key; NULL unless a side uses one
 * @cert: certificate of this side, then the rest of its chain; empty unless it uses one
 * @key_file: its private key; NULL unless it uses one
 * @ca: certificates trusted to vouch for the peer
 * @crl: revocation lists; with any, every certificate of the chain needs one
 * @profile: choice of algorithms and lifetimes
 * @ike: proposals of the IKE SA, the best first: the profile's, or the ones listed
 * @esp: proposals of the child SAs
 * @keepalive: seconds of silence before a NAT keepalive; 0: never
 * @tunnels: its tunnels; the @user of each @conf.children[] points to its own
 * @children: what @conf.children points to
 * @tunnel_count: number of them
 * @said: the settings of the peer's own section, one "key = value" a line, without comments
 * @text: the file as it was read
 * @text_len: octets of it
 */
struct ike_config_peer {
	struct ike_peer_conf conf;
	char name[SECTUN_NAME_SIZE];
	char *file;
	unsigned int line;
	struct ike_id local_id;
	struct ike_id remote_id;
	bool anybody;
	char *psk_file;
	struct ike_config_files cert;
	char *key_file;
	struct ike_config_files ca;
	struct ike_config_files crl;
	const struct ike_profile *profile;
	struct ike_proposal_list ike;
	struct ike_proposal_list esp;
	uint16_t keepalive;
	struct ike_config_tunnel *tunnels;
	struct ike_child_conf *children;
	size_t tunnel_count;
	char *said;
	char *text;
	size_t text_len;
};

/**
 * struct ike_config - all files
 * @peers: the peers in the order of their file names
 * @peer_count: number of them
 */
struct ike_config {
	struct ike_config_peer **peers;
	size_t peer_count;
};

/**
 * struct ike_config_fault - what is wrong with a file
 * @file: the file
 * @line: the line; 0: none in particular
 * @word: the offending word; "": none
 * @text: what would be right
 */
struct ike_config_fault {
	char file[256];
	unsigned int line;
	char word[64];
	char text[256];
};

/**
 * ike_config_parse - reads the text of one file
 * @file: how to call it
 * @text: the text
 * @len: octets of it
 * @peer: is set to what it says; the caller releases it with ike_config_peer_free()
 * @fault: is filled in on failure
 *
 * Return: 0; -EINVAL: see @fault; -ENOMEM.
 */
int ike_config_parse(const char *file, const char *text, size_t len, struct ike_config_peer **peer,
		     struct ike_config_fault *fault);

/**
 * ike_config_peer_identify - says who this side is, where the configuration leaves it to the
 * certificate
 * @peer: the peer
 * @subject: the certificate's subject
 */
void ike_config_peer_identify(struct ike_config_peer *peer, const struct ike_id *subject);

/**
 * ike_config_peer_free - releases a peer
 * @peer: the peer, or NULL
 */
void ike_config_peer_free(struct ike_config_peer *peer);

/**
 * ike_config_add - takes a peer in, if it gets along with the others
 * @config: all of them
 * @peer: the peer; belongs to @config on success
 * @fault: is filled in on failure: a name is taken, or two peers cannot be told apart
 *
 * Return: 0; -EEXIST; -ENOMEM.
 */
int ike_config_add(struct ike_config *config, struct ike_config_peer *peer,
		   struct ike_config_fault *fault);

/**
 * ike_config_load - reads every file of a directory whose name ends in .conf
 * @directory: such as /etc/sectun; one that does not exist is one without files
 * @config: is filled in; the caller releases it with ike_config_uninit()
 * @fault: is filled in on failure
 *
 * Return: 0; -EINVAL; -EEXIST; -ENOMEM; or the errno of reading a file: all with @fault.
 */
int ike_config_load(const char *directory, struct ike_config *config,
		    struct ike_config_fault *fault);

/**
 * ike_config_uninit - releases all peers
 * @config: all of them
 */
void ike_config_uninit(struct ike_config *config);

/**
 * ike_config_find - finds a peer
 * @config: all of them
 * @name: its name
 *
 * Return: the peer or NULL.
 */
const struct ike_config_peer *ike_config_find(const struct ike_config *config, const char *name);

/**
 * ike_config_find_tunnel - finds a tunnel
 * @config: all peers
 * @name: its name
 * @peer: is set to its peer
 *
 * Return: the tunnel or NULL.
 */
const struct ike_config_tunnel *ike_config_find_tunnel(const struct ike_config *config,
						       const char *name,
						       const struct ike_config_peer **peer);

/**
 * ike_config_read - reads one file
 * @path: its name
 * @peer: as for ike_config_parse()
 * @fault: likewise
 *
 * Return: as ike_config_parse(), or the errno of reading the file, with @fault.
 */
int ike_config_read(const char *path, struct ike_config_peer **peer,
		    struct ike_config_fault *fault);

/**
 * enum ike_config_change - what a new version of a peer asks for
 * @IKE_CONFIG_SAME: nothing
 * @IKE_CONFIG_TUNNELS: its tunnels differ; the IKE SA may stay
 * @IKE_CONFIG_PEER: the peer itself differs
 */
enum ike_config_change {
	IKE_CONFIG_SAME,
	IKE_CONFIG_TUNNELS,
	IKE_CONFIG_PEER,
};

/**
 * ike_config_compare - compares two versions of a peer
 * @before: the one that runs
 * @after: the new one
 *
 * Return: the change.
 */
enum ike_config_change ike_config_compare(const struct ike_config_peer *before,
					  const struct ike_config_peer *after);

/**
 * ike_config_tunnel_same - whether two versions of a tunnel say the same
 * @before: the one that runs
 * @after: the new one
 *
 * Return: whether they do.
 */
bool ike_config_tunnel_same(const struct ike_config_tunnel *before,
			    const struct ike_config_tunnel *after);

/**
 * ike_config_fault_text - the fault in a line: "hq.conf:3: word 'fast': not a profile"
 * @fault: the fault
 * @to: where
 * @size: octets of @to
 *
 * Return: @to.
 */
const char *ike_config_fault_text(const struct ike_config_fault *fault, char *to, size_t size);

#endif
