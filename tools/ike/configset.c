// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config.h"

static int blame(struct ike_config_fault *fault, int err, const char *file, unsigned int line,
		 const char *word, const char *text)
{
	memset(fault, 0, sizeof(*fault));
	snprintf(fault->file, sizeof(fault->file), "%s", file);
	fault->line = line;
	snprintf(fault->word, sizeof(fault->word), "%s", word);
	snprintf(fault->text, sizeof(fault->text), "%s", text);
	return err;
}

const struct ike_config_peer *ike_config_find(const struct ike_config *config, const char *name)
{
	size_t i;

	for (i = 0; i < config->peer_count; i++) {
		if (!strcmp(config->peers[i]->name, name))
			return config->peers[i];
	}
	return NULL;
}

const struct ike_config_tunnel *ike_config_find_tunnel(const struct ike_config *config,
						       const char *name,
						       const struct ike_config_peer **peer)
{
	size_t i, j;

	for (i = 0; i < config->peer_count; i++) {
		for (j = 0; j < config->peers[i]->tunnel_count; j++) {
			if (strcmp(config->peers[i]->tunnels[j].name, name))
				continue;
			*peer = config->peers[i];
			return &config->peers[i]->tunnels[j];
		}
	}
	return NULL;
}

/* A message of IKE_SA_INIT has nothing but addresses; IKE_AUTH has an identity. */
static bool indistinct(const struct ike_config_peer *a, const struct ike_config_peer *b)
{
	if (!ike_endpoint_same_address(&a->conf.remote, &b->conf.remote) ||
	    !ike_endpoint_same_address(&a->conf.local, &b->conf.local))
		return false;
	if (!a->conf.remote_id || !b->conf.remote_id)
		return !a->conf.remote_id && !b->conf.remote_id;
	return ike_id_equal(a->conf.remote_id, b->conf.remote_id);
}

static int fits(const struct ike_config *config, const struct ike_config_peer *peer,
		struct ike_config_fault *fault)
{
	const struct ike_config_peer *other;
	char text[256];
	size_t i;

	other = ike_config_find(config, peer->name);
	if (other) {
		snprintf(text, sizeof(text), "the peer of that name is in %s", other->file);
		return blame(fault, -EEXIST, peer->file, peer->line, peer->name, text);
	}
	for (i = 0; i < peer->tunnel_count; i++) {
		if (!ike_config_find_tunnel(config, peer->tunnels[i].name, &other))
			continue;
		snprintf(text, sizeof(text), "the tunnel of that name is in %s", other->file);
		return blame(fault, -EEXIST, peer->file, peer->tunnels[i].line,
			     peer->tunnels[i].name, text);
	}
	for (i = 0; i < config->peer_count; i++) {
		other = config->peers[i];
		if (!indistinct(peer, other))
			continue;
		snprintf(text, sizeof(text),
			 "cannot be told from peer %s of %s: same local, remote and remote-id",
			 other->name, other->file);
		return blame(fault, -EEXIST, peer->file, peer->line, peer->name, text);
	}
	return 0;
}

int ike_config_add(struct ike_config *config, struct ike_config_peer *peer,
		   struct ike_config_fault *fault)
{
	struct ike_config_peer **peers;
	int err = fits(config, peer, fault);

	if (err)
		return err;
	peers = reallocarray(config->peers, config->peer_count + 1, sizeof(peers[0]));
	if (!peers)
		return blame(fault, -ENOMEM, peer->file, 0, "", strerror(ENOMEM));
	config->peers = peers;
	peers[config->peer_count++] = peer;
	return 0;
}

/* Octets that were read; more than @size are not. */
static ssize_t read_file(const char *path, char *to, size_t size)
{
	size_t used = 0;
	ssize_t got;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		got = read(fd, to + used, size - used);
		if (got > 0)
			used += got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0)
		used = -errno;
	close(fd);
	return used;
}

int ike_config_read(const char *path, struct ike_config_peer **peer,
		    struct ike_config_fault *fault)
{
	char *text = malloc(IKE_CONFIG_FILE_MAX + 1);
	ssize_t len;
	int err;

	if (!text)
		return blame(fault, -ENOMEM, path, 0, "", strerror(ENOMEM));
	len = read_file(path, text, IKE_CONFIG_FILE_MAX + 1);
	if (len < 0)
		err = blame(fault, len, path, 0, "", strerror(-len));
	else if (len > IKE_CONFIG_FILE_MAX)
		err = blame(fault, -EINVAL, path, 0, "", "longer than 32768 octets");
	else
		err = ike_config_parse(path, text, len, peer, fault);
	free(text);
	return err;
}

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".conf");
}

static int load_file(const char *directory, const char *name, struct ike_config *config,
		     struct ike_config_fault *fault)
{
	struct ike_config_peer *peer = NULL;
	char *path;
	int err;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return blame(fault, -ENOMEM, name, 0, "", strerror(ENOMEM));
	err = ike_config_read(path, &peer, fault);
	if (!err)
		err = ike_config_add(config, peer, fault);
	if (err)
		ike_config_peer_free(peer);
	free(path);
	return err;
}

int ike_config_load(const char *directory, struct ike_config *config,
		    struct ike_config_fault *fault)
{
	struct dirent **entries;
	int count, i, err = 0;

	memset(config, 0, sizeof(*config));
	count = scandir(directory, &entries, is_conf, alphasort);
	if (count < 0)
		return errno == ENOENT ? 0 : blame(fault, -errno, directory, 0, "",
						   strerror(errno));
	for (i = 0; i < count; i++) {
		if (!err)
			err = load_file(directory, entries[i]->d_name, config, fault);
		free(entries[i]);
	}
	free(entries);
	if (err)
		ike_config_uninit(config);
	return err;
}

void ike_config_uninit(struct ike_config *config)
{
	size_t i;

	for (i = 0; i < config->peer_count; i++)
		ike_config_peer_free(config->peers[i]);
	free(config->peers);
	memset(config, 0, sizeof(*config));
}

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

bool ike_config_tunnel_same(const struct ike_config_tunnel *before,
			    const struct ike_config_tunnel *after)
{
	return !strcmp(before->name, after->name) && same(before->said, after->said);
}

enum ike_config_change ike_config_compare(const struct ike_config_peer *before,
					  const struct ike_config_peer *after)
{
	size_t i;

	if (strcmp(before->name, after->name) || !same(before->said, after->said))
		return IKE_CONFIG_PEER;
	if (before->tunnel_count != after->tunnel_count)
		return IKE_CONFIG_TUNNELS;
	for (i = 0; i < before->tunnel_count; i++) {
		if (!ike_config_tunnel_same(&before->tunnels[i], &after->tunnels[i]))
			return IKE_CONFIG_TUNNELS;
	}
	return IKE_CONFIG_SAME;
}
